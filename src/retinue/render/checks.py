"""Results of checks: a table for people, a document for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from retinue.render.escape import counted, paragraph, visible
from retinue.render.style import Style, Tone
from retinue.talk.answers import usage_document
from retinue.talk.suite import Result, Sample

_NARROWEST = 20


def result_line(result: Result, style: Style, width: int = _NARROWEST) -> str:
    """One check on one line."""
    word = style.paint("ok  ", Tone.GOOD) if result.passed else style.paint("FAIL", Tone.ALARM)
    name = visible(result.case.check.name)
    figures = f"{result.seconds:6.1f} s  {result.usage.total:>7,} tokens"
    return f"  {word}  {name:{width}}  {figures}{_samples(result)}"


def _samples(result: Result) -> str:
    check, tries = result.case.check, sum(sample.attempts for sample in result.samples)
    parts = []
    if check.samples > 1:
        parts.append(f"{result.passes} of {counted(len(result.samples), 'sample')} passed")
    if tries > len(result.samples):
        parts.append(f"asked {tries} times")
    return f"  ({', '.join(parts)})" if parts else ""


def progress_line(result: Result, number: int, total: int, style: Style) -> str:
    """That one more check has ended, while others run."""
    word = "passed" if result.passed else style.paint("failed", Tone.ALARM)
    name = f"{result.case.party.address}: {result.case.check.name}"
    return f"[{number} of {total}] {visible(name)}: {word}"


def results_text(results: Sequence[Result], style: Style) -> str:
    """The table by assistant, with the reasons below what failed; then the figures."""
    return "\n".join([*_table(results, style), results_conclusion(results, style)])


def _table(results: Sequence[Result], style: Style) -> Iterator[str]:
    width = max([_NARROWEST, *(len(visible(each.case.check.name)) for each in results)])
    for address, group in groupby(results, key=lambda each: each.case.party.address):
        yield style.paint(visible(str(address)), Tone.BOLD)
        for result in group:
            yield result_line(result, style, width)
            for reason in reasons(result):
                yield f"        {paragraph(reason)}"
        yield ""


def reasons(result: Result) -> list[str]:
    """Why a check failed, each reason once; nothing for one that passed."""
    found = (reason for sample in result.samples for reason in sample.reasons)
    return [] if result.passed else list(dict.fromkeys(found))


def results_conclusion(results: Sequence[Result], style: Style) -> str:
    """The figures."""
    failed = sum(not result.passed for result in results)
    passed = f"{len(results) - failed} passed"
    ending = style.paint(f"{failed} failed", Tone.ALARM) if failed else "0 failed"
    return f"{counted(len(results), 'check')}: {passed}, {ending}."


def results_json(results: Sequence[Result]) -> dict[str, Any]:
    """The document of `retinue test --json`."""
    return {
        "format_version": "1.0",
        "passed": all(result.passed for result in results),
        "checks": [_result(result) for result in results],
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "assistant": str(result.case.party.address),
        "name": result.case.check.name,
        "tags": list(result.case.check.tags),
        "passed": result.passed,
        "reasons": reasons(result),
        "seconds": round(result.seconds, 3),
        "usage": usage_document(result.usage),
        "samples": [_sample(sample) for sample in result.samples],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "passed": sample.passed,
        "reasons": list(sample.reasons),
        "answer": sample.answer,
        "attempts": sample.attempts,
        "seconds": round(sample.seconds, 3),
        "usage": usage_document(sample.usage),
    }
