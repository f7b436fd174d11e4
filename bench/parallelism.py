"""How many requests at once serve best: first applies with --parallelism 1 to 64.

Against the stand-in platform at two latencies: 50 ms, as near platforms answer, and 200 ms, as
creating calls often take. What counts is where the wall time stops falling, and what the client
pays for it; a platform's own rate limits come on top and are met by the limiter.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from support.process import Sample, stand_in
from support.project import Size, write_project

from retinue.project import DEFAULT_PARALLELISM
from support import commands, report

STEPS = (1, 2, 4, 8, 16, 32, 64)
QUICK_STEPS = (4, 16)
LATENCIES = (50.0, 200.0)
OBJECTS = 300
QUICK_OBJECTS = 50
MOST_SECONDS = 30.0
"""Steps that would take longer than this are left out."""


def main() -> None:
    chosen = report.options(__doc__)
    steps = QUICK_STEPS if chosen.quick else STEPS
    size = Size.of(QUICK_OBJECTS if chosen.quick else OBJECTS)
    latencies = LATENCIES[:1] if chosen.quick else LATENCIES
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            _row(Path(folder), size, latency, step, chosen.runs)
            for latency in latencies
            for step in steps
            if size.objects * latency / 1000 / step <= MOST_SECONDS
        ]
    head = ["latency ms", "at once", "wall s", "times the ideal", "CPU s", "peak MB"]
    text = f"""First apply of {size}; n = {chosen.runs}. The ideal is requests, times latency, \
by parallelism. The default is {DEFAULT_PARALLELISM} \
(`DEFAULT_PARALLELISM` in `src/retinue/project.py`): the last step that still takes a \
quarter or more off the wall time at both latencies; twice as many would win less and meet rate \
limits sooner.

{report.table(head, rows)}"""
    report.publish("Parallelism", text, chosen)


def _row(folder: Path, size: Size, latency: float, step: int, runs: int) -> list[str]:
    samples = [
        _apply(folder / f"{latency:.0f}-{step}-{number}", size, latency, step)
        for number in range(runs)
    ]
    ideal = samples[0].requests * latency / 1000 / step
    return [
        f"{latency:.0f}",
        str(step),
        report.spread(s.wall for s in samples),
        f"{report.median(samples, lambda s: s.wall) / ideal:.2f}",
        report.spread(s.cpu for s in samples),
        report.spread((s.peak for s in samples), 0),
    ]


def _apply(root: Path, size: Size, latency: float, step: int) -> Sample:
    with stand_in(latency) as server:
        write_project(root, size, base_url=server.base_url)
        return commands.first_apply(root, server, "--parallelism", str(step))


if __name__ == "__main__":
    main()
