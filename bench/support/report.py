"""Medians, tables, and ``bench/RESULTS.md``: each script owns one section of it."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from support.process import Sample

BUSY = 2.0
"""Load average at the end of a script from which on it can't have had the machine to itself."""

RESULTS = Path(__file__).resolve().parent.parent / "RESULTS.md"

_TITLE = """# Measurements

Written by the scripts of this folder (`make bench`); each of them says in its docstring what it
does. Figures are medians with (lowest to highest) of n runs, each run a process of its own. Wall
time is that of the whole process, CPU is user and system time, the peak is the resident memory that
the system reports at its end. Figures of one table come from one session on one machine: compare
them with each other, not with those of another day.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What every script takes."""

    quick: bool
    runs: int


def options(doc: str | None) -> Options:
    """Read ``--quick`` and ``--runs``; RETINUE_BENCH_QUICK=1 stands for the former."""
    parser = argparse.ArgumentParser(description=doc)
    quick = os.environ.get("RETINUE_BENCH_QUICK", "") not in ("", "0")
    parser.add_argument("--quick", action="store_true", default=quick, help="small sizes only")
    parser.add_argument("--runs", type=int, default=0, help="runs of each figure [3; quick: 1]")
    given = parser.parse_args()
    return Options(given.quick, given.runs or (1 if given.quick else 3))


def spread(values: Iterable[float], digits: int = 2) -> str:
    """Median and range as text."""
    known = sorted(values)
    if not known:
        return "-"
    middle = f"{statistics.median(known):,.{digits}f}"
    if len(known) == 1:
        return middle
    return f"{middle} ({known[0]:,.{digits}f} to {known[-1]:,.{digits}f})"


def median(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """The median of one figure of several runs."""
    return statistics.median(map(of, samples))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def publish(section: str, text: str, chosen: Options) -> None:
    """Print a section; a full run also puts it into the results."""
    body = f"## {section}\n\n{machine()}\n\n{text.strip()}\n"
    print(body)
    if chosen.quick:
        return
    written = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else _TITLE
    mark = re.compile(rf"^## {re.escape(section)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if mark.search(written):
        written = mark.sub(lambda _: f"{body}\n", written)
    else:
        written = f"{written.rstrip()}\n\n{body}"
    RESULTS.write_text(f"{written.rstrip()}\n", encoding="utf-8")


def machine() -> str:
    """One line: when, on what, with which versions."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    busy = " **Others used this machine: wall times are too high.**" if load > BUSY else ""
    return (
        f"{today}; {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} "
        f"{platform.machine()}; Python {platform.python_version()}, openai {version('openai')}; "
        f"load average at the end {load:.1f}.{busy}"
    )


def verdict(good: bool) -> str:  # noqa: FBT001 - reads as "verdict(wall <= 10)"
    """How a budget stands."""
    return "met" if good else "**missed**"
