"""Results of checks as JUnit XML, which every CI server reads. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from retinue.render.checks import reasons
from retinue.talk.suite import Result

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold, not even escaped."""


def junit_xml(results: Sequence[Result]) -> str:
    """One suite for each assistant, one case for each check."""
    root = ET.Element("testsuites", _figures(results))
    for address, group in groupby(results, key=lambda each: each.case.party.address):
        rows = list(group)
        suite = ET.SubElement(root, "testsuite", {"name": _safe(str(address)), **_figures(rows)})
        for result in rows:
            _case(suite, result)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _figures(results: Sequence[Result]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(not result.passed for result in results)),
        "errors": "0",
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _case(suite: ET.Element, result: Result) -> None:
    check = result.case.check
    attributes = {
        "name": _safe(check.name),
        "classname": _safe(str(result.case.party.address)),
        "file": _safe(check.place.file),
        "line": str(check.place.line),
        "time": f"{result.seconds:.3f}",
    }
    case = ET.SubElement(suite, "testcase", attributes)
    found = reasons(result)
    if found:
        failure = ET.SubElement(case, "failure", {"message": _safe(found[0])})
        failure.text = _safe("\n".join(found))
    answers = [sample.answer for sample in result.samples if sample.answer]
    if found and answers:
        ET.SubElement(case, "system-out").text = _safe("\n\n".join(answers))


def _safe(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
