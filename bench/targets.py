"""The same team on each target: an object of the Assistants API, a release in the state, a saved
agent.

First apply and no-op plan of 1,000 assistants against the stand-in platform at 20 ms, through the
command line. Releases are requests to nobody: there it is the state that is measured.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from support.process import Sample, stand_in
from support.project import Size, write_project

from support import commands, report

TARGETS = ("assistants", "responses", "agents")
LATENCY = 20.0
"""Milliseconds that every answer takes at least."""

TEAM = Size(1000, 0, 0)
QUICK_TEAM = Size(100, 0, 0)


def main() -> None:
    chosen = report.options(__doc__)
    team = QUICK_TEAM if chosen.quick else TEAM
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for target in TARGETS:
            applies, plans = _measured(Path(folder) / target, team, target, chosen.runs)
            rows += [_row(target, "first apply", applies), _row("", "no-op plan", plans)]
    head = ["target", "what", "requests", "wall s", "CPU s", "peak MB"]
    text = f"{team} at {LATENCY:.0f} ms; n = {chosen.runs}.\n\n{report.table(head, rows)}"
    report.publish("Targets", text, chosen)


def _measured(
    folder: Path, team: Size, target: str, runs: int
) -> tuple[list[Sample], list[Sample]]:
    applies, plans = [], []
    for number in range(runs):
        root = folder / str(number)
        with stand_in(LATENCY) as server:
            write_project(root, team, base_url=server.base_url, target=target)
            applies.append(commands.first_apply(root, server))
            plans.append(commands.no_op_plan(root, server))
    return applies, plans


def _row(target: str, what: str, samples: list[Sample]) -> list[str]:
    return [
        target,
        what,
        f"{samples[0].requests:,}",
        report.spread(s.wall for s in samples),
        report.spread(s.cpu for s in samples),
        report.spread((s.peak for s in samples), 0),
    ]


if __name__ == "__main__":
    main()
