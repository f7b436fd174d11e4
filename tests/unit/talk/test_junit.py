from __future__ import annotations

from xml.etree import ElementTree as ET

from tests.unit.talk.wires import PARTY

from retinue.manifest.model_checks import Check
from retinue.problem import Place
from retinue.render.junit import junit_xml
from retinue.talk.events import Usage
from retinue.talk.suite import Case, Result, Sample


def test_what_xml_cannot_hold_does_not_break_it() -> None:
    check = Check(name="bell \x07 <&>", ask=("x",), place=Place("a.yaml", 3))
    sample = Sample(("not \x00 so",), "answer \ud800 \x1b[31m", 1.25, Usage(1, 2))
    text = junit_xml([Result(Case(PARTY, check), (sample,))])
    [case] = ET.fromstring(text).iter("testcase")  # noqa: S314 - our own
    assert case.get("name") == "bell \ufffd <&>"
    assert case.get("time") == "1.250"
    assert "\ufffd[31m" in (case.findtext("system-out") or "")
