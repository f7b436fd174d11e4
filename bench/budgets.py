"""The budgets of the design, each measured and judged.

All through the command line, against the stand-in platform: a team of 1,000 assistants, 1,000 files
and 100 vector stores at 50 ms; 10,000 assistants at 20 ms; what one more change costs the journal;
and the upload of one large file.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.process import RETINUE, Sample, Server, measure, stand_in
from support.project import Size, write_project

from retinue.project import DEFAULT_PARALLELISM
from support import commands, report

TEAM = Size(1000, 1000, 100)
QUICK_TEAM = Size(100, 100, 10)
CROWD = Size(10_000, 0, 0)
QUICK_CROWD = Size(500, 0, 0)
LARGE_FILE = 500_000_000
QUICK_LARGE_FILE = 50_000_000
PARALLELISMS = (8, DEFAULT_PARALLELISM)
"""What a first apply is measured with; its budget divides by it."""

_JOURNAL = Path(__file__).resolve().parent / "support" / "journal.py"


@dataclass(frozen=True, slots=True)
class Row:
    """One budget: what was measured, what is allowed, whether that holds."""

    what: str
    measured: str
    allowed: str
    good: bool


def main() -> None:
    chosen = report.options(__doc__)
    team, crowd, large = (
        (QUICK_TEAM, QUICK_CROWD, QUICK_LARGE_FILE)
        if chosen.quick
        else (TEAM, CROWD, LARGE_FILE)
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            *_team(folder / "team", team, chosen.runs),
            *_first_applies(folder, team),
            *_crowd(folder / "crowd", crowd, chosen.runs),
            *_journal(folder, chosen),
            *_upload(folder / "upload", large),
        ]
    head = ["budget", "measured", "allowed", ""]
    cells = [[row.what, row.measured, row.allowed, report.verdict(row.good)] for row in rows]
    text = f"n = {chosen.runs}; first applies and the upload once.\n\n{report.table(head, cells)}"
    report.publish("Budgets of the design", text, chosen)


def _team(root: Path, size: Size, runs: int) -> list[Row]:
    latency = 50.0
    sdk = commands.sdk_import()
    with stand_in(latency) as server:
        write_project(root, size, base_url=server.base_url)
        commands.first_apply(root, server)
        plans = [commands.no_op_plan(root, server) for _ in range(runs)]
        single = _single_reads(root, server)
    calls = plans[0].requests
    most_calls = 25 + size.stores
    cpu = [plan.cpu - sdk for plan in plans]
    name = f"{size}, {latency:.0f} ms"
    middle = sorted(cpu)[len(cpu) // 2]
    return [
        Row(f"no-op plan, {name}: calls", f"{calls:,}", f"{most_calls:,}", calls <= most_calls),
        Row("… GETs of single objects", str(single), "0", single == 0),
        Row("… CPU s besides the SDK's import", report.spread(cpu), "1.5", middle <= 1.5),
    ]


def _first_applies(folder: Path, size: Size) -> Iterator[Row]:
    latency = 50.0
    most = (size.objects + size.stores) * 105 // 100
    for at_once in PARALLELISMS:
        root = folder / f"first-{at_once}"
        with stand_in(latency) as server:
            write_project(root, size, base_url=server.base_url)
            first = commands.first_apply(root, server, "--parallelism", str(at_once))
        ideal = first.requests * latency / 1000 / at_once
        name = f"first apply, {size}, {latency:.0f} ms, --parallelism {at_once}"
        fits = first.requests <= most
        yield Row(f"{name}: requests", f"{first.requests:,}", f"{most:,}", fits)
        allowed = f"{1.5 * ideal:.2f} (1.5 times {ideal:.2f})"
        yield Row("… wall s", f"{first.wall:.2f}", allowed, first.wall <= 1.5 * ideal)


def _single_reads(root: Path, server: Server) -> int:
    """GETs of one object in one more plan."""
    server.counts()
    measure([*RETINUE, "plan"], cwd=root)
    return sum(
        number
        for what, number in server.counts().items()
        if what.startswith("GET") and what.endswith("/ID")
    )


def _crowd(root: Path, size: Size, runs: int) -> list[Row]:
    latency = 20.0
    with stand_in(0) as server:
        write_project(root, size, base_url=server.base_url)
        commands.first_apply(root, server)
        server.set_latency(latency)
        plans = [commands.no_op_plan(root, server) for _ in range(runs)]
    wall, peak = _middle(plans)
    name = f"no-op plan, {size}, {latency:.0f} ms"
    return [
        Row(f"{name}: wall s", report.spread(p.wall for p in plans), "10", wall <= 10),
        Row("… peak MB", report.spread((p.peak for p in plans), 0), "300", peak <= 300),
    ]


def _middle(samples: list[Sample]) -> tuple[float, float]:
    return report.median(samples, lambda s: s.wall), report.median(samples, lambda s: s.peak)


def _journal(folder: Path, chosen: report.Options) -> list[Row]:
    """Milliseconds a change at 100 and at many changes, in one process each, by turns. The lowest
    of the runs counts: whatever else the disk is doing can only add to it."""
    many = 1_000 if chosen.quick else 10_000
    costs: dict[int, list[float]] = {100: [], many: []}
    for _ in range(chosen.runs):
        for count, known in costs.items():
            sample = measure([sys.executable, str(_JOURNAL), str(count)], cwd=folder)
            known.append(json.loads(sample.output)["milliseconds"])
    few, lots = map(min, costs.values())
    return [
        Row(
            f"journal, ms a change: {many:,} changes against 100, lowest",
            f"{lots:.3f} against {few:.3f}",
            "no more (20 % for noise)",
            lots <= 1.2 * few,
        )
    ]


def _upload(root: Path, size: int) -> list[Row]:
    with stand_in(0) as server:
        write_project(root, Size(1, 1, 1), base_url=server.base_url)
        document = root / "assistants" / "data" / "doc-00000.md"
        block = b"All work and no play makes a long document. " * 25_000
        with document.open("wb") as out:
            for _ in range(size // len(block)):
                out.write(block)
        sent = document.stat().st_size
        sample = commands.first_apply(root, server)
    name = f"first apply with a file of {sent / 1e6:.0f} MB: peak MB"
    return [Row(name, f"{sample.peak:.0f} (wall {sample.wall:.1f} s)", "150", sample.peak <= 150)]


if __name__ == "__main__":
    main()
