"""The engine at 100, 1,000 and 10,000 objects, against a server with set latency and beside
Terraform's core.

Each size is a project of assistants, files and vector stores (10 : 10 : 1), applied through the
command line to the stand-in platform of `support/server.py`, which answers from memory: client and
server share this machine, and the client is what is measured. Per size: validate, first apply,
plan and apply of an unchanged project, and the plan once more without latency. In the same run, by
turns: the same count of ``terraform_data`` resources with the ``terraform`` binary on the PATH.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from support.process import Sample, stand_in
from support.project import Size, write_project

from support import commands, report, terraform

LATENCY = 20.0
"""Milliseconds that every answer takes at least."""

SIZES = (100, 1_000, 10_000)
QUICK_SIZES = (100,)
MOST_APPLIED = 1_000
"""Above this size there is one first apply a run of the script, and none of Terraform's: the time
of that one grows with the square of the count."""

LEAST_COMPARED = 1_000
"""The aims are about sizes from here on: below, the start of a Python process is what counts."""


@dataclass(slots=True)
class Figures:
    """The samples of one size, by what was run."""

    objects: int
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def add(self, what: str, sample: Sample) -> None:
        self.samples.setdefault(what, []).append(sample)

    def wall(self, what: str) -> float:
        return report.median(self.samples[what], lambda s: s.wall)


def main() -> None:
    chosen = report.options(__doc__)
    sizes = QUICK_SIZES if chosen.quick else SIZES
    beside = terraform.found() is not None
    sdk = commands.sdk_import()
    with tempfile.TemporaryDirectory() as folder:
        measured = [_size(Path(folder), count, chosen.runs, beside=beside) for count in sizes]
    text = f"""Latency {LATENCY:.0f} ms where a row does not say otherwise; --parallelism is the \
default. n = {chosen.runs} (one first apply at {max(SIZES):,} objects). Terraform: \
{terraform.version() if beside else "not on the PATH"}, refresh on, small resources without a \
provider; its state of {max(SIZES):,} resources is written by the script. "CPU besides SDK" leaves \
out the {sdk:.2f} s that importing the official SDK costs each of our processes.

{_table(measured, sdk)}
"""
    if beside:
        text += f"\n{_verdicts(measured, sdk)}"
    report.publish("Engine beside Terraform's core", text, chosen)


def _size(folder: Path, count: int, runs: int, *, beside: bool) -> Figures:
    figures = Figures(count)
    whole = count <= MOST_APPLIED
    for number in range(runs if whole else 1):
        _ours(folder / f"retinue-{count}-{number}", figures, 1 if whole else runs)
        if beside and whole:
            _first_of_terraform(folder / f"first-{count}-{number}", figures)
    if beside:
        _unchanged_terraform(folder / f"terraform-{count}", figures, runs)
    return figures


def _ours(root: Path, figures: Figures, runs: int) -> None:
    with stand_in(LATENCY) as server:
        write_project(root, Size.of(figures.objects), base_url=server.base_url)
        figures.add("validate", commands.command(root, None, "validate"))
        figures.add("first apply", commands.first_apply(root, server))
        for _ in range(runs):
            figures.add("no-op plan", commands.no_op_plan(root, server))
            figures.add("no-op apply", commands.first_apply(root, server))
            server.set_latency(0)
            figures.add("no-op plan, 0 ms", commands.no_op_plan(root, server))
            server.set_latency(LATENCY)


def _first_of_terraform(folder: Path, figures: Figures) -> None:
    terraform.write(folder, figures.objects, applied=False)
    figures.add("Terraform: first apply", terraform.run(folder, "apply", "-auto-approve"))


def _unchanged_terraform(folder: Path, figures: Figures, runs: int) -> None:
    terraform.write(folder, figures.objects, applied=True)
    for _ in range(runs):
        sample = terraform.run(folder, "plan")
        assert "No changes" in sample.output, sample.output
        figures.add("Terraform: no-op plan", sample)
        figures.add("Terraform: no-op apply", terraform.run(folder, "apply", "-auto-approve"))


def _table(measured: list[Figures], sdk: float) -> str:
    head = ["objects", "what", "requests", "wall s", "CPU s", "CPU besides SDK s", "peak MB"]
    return report.table(
        head,
        [
            _row(f"{figures.objects:,}", what, samples, sdk)
            for figures in measured
            for what, samples in figures.samples.items()
        ],
    )


def _row(size: str, what: str, samples: list[Sample], sdk: float) -> list[str]:
    ours = not what.startswith("Terraform")
    asks = ours and what != "validate"
    return [
        size,
        what,
        report.spread((s.requests for s in samples), 0) if asks else "-",
        report.spread(s.wall for s in samples),
        report.spread(s.cpu for s in samples),
        report.spread(s.cpu - sdk for s in samples) if asks else "-",
        report.spread((s.peak for s in samples), 0),
    ]


def _verdicts(measured: list[Figures], sdk: float) -> str:
    lines = []
    for figures in measured:
        if figures.objects < LEAST_COMPARED:
            continue
        ours = report.median(figures.samples["no-op plan, 0 ms"], lambda s: s.cpu) - sdk
        theirs = figures.samples["Terraform: no-op plan"]
        wall, cpu = figures.wall("Terraform: no-op plan"), report.median(theirs, lambda s: s.cpu)
        lines.append(
            f"- No-op plan of {figures.objects:,}: engine {ours:.2f} s of CPU (whole process "
            f"{figures.wall('no-op plan, 0 ms'):.2f} s of wall time at 0 ms), Terraform's core "
            f"{cpu:.2f} s of CPU and {wall:.2f} s of wall time (it uses all cores): aim, below the "
            f"lesser, {report.verdict(ours < min(wall, cpu))}."
        )
        if "Terraform: first apply" in figures.samples:
            lines.append(_first_applies(figures))
    return "\n".join(lines)


def _first_applies(figures: Figures) -> str:
    first: Callable[[str], float] = figures.wall
    ours, theirs = first("first apply"), first("Terraform: first apply")
    return (
        f"- First apply of {figures.objects:,}: {ours:.2f} s over HTTP, Terraform without any API "
        f"{theirs:.2f} s: aim {report.verdict(ours < theirs)}."
    )


if __name__ == "__main__":
    main()
