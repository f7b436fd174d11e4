"""Start-up and validation: whole processes of ``retinue --help``, ``--version`` and ``validate``.

Budgets: 150 ms for the first two, 1 s for 1,000 assistants in 100 manifest files. Also lists the
heavy packages that ``--help`` imports; there should be none.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from support.process import Sample, environment
from support.project import Size, write_project

from support import commands, report

HEAVY = (
    "asyncio", "deepdiff", "httpx2", "jsonschema", "jsonschema_rs", "openai", "rich", "sqlite3",
    "starlette", "uvicorn", "yaml",
)  # fmt: skip
SIZE = Size(1000, 1000, 100)
QUICK_SIZE = Size(100, 100, 10)

_LIST = """
import sys
from retinue.cli.main import run
run(["--help"])
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def main() -> None:
    chosen = report.options(__doc__)
    size = QUICK_SIZE if chosen.quick else SIZE
    runs = chosen.runs * 3
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        write_project(root, size, base_url=None)
        rows = [
            _row("`retinue --help`", 0.15, runs, lambda: commands.command(root, None, "--help")),
            _row("`retinue --version`", 0.15, runs,
                 lambda: commands.command(root, None, "--version")),
            _row(f"`validate` of {size} in {min(100, size.assistants)} files", 1.0, runs,
                 lambda: commands.command(root, None, "validate")),
        ]  # fmt: skip
    head = ["whole process", "wall s", "CPU s", "peak MB", "budget s", ""]
    text = f"""n = {runs}, byte code compiled beforehand.

{report.table(head, rows)}

Heavy packages that `--help` imports: {", ".join(_heavy()) or "none"}."""
    report.publish("Start-up and validation", text, chosen)


def _row(name: str, budget: float, runs: int, once: Callable[[], Sample]) -> list[str]:
    once()
    samples = [once() for _ in range(runs)]
    wall = report.median(samples, lambda s: s.wall)
    return [
        name,
        report.spread(s.wall for s in samples),
        report.spread(s.cpu for s in samples),
        report.spread((s.peak for s in samples), 0),
        f"{budget:.2f}",
        report.verdict(wall <= budget),
    ]


def _heavy() -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", _LIST], env=environment(), capture_output=True, text=True, check=True
    )
    imported = set(ran.stderr.split())
    return [name for name in HEAVY if name in imported]


if __name__ == "__main__":
    main()
