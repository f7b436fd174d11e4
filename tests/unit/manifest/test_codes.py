"""Codes are stable: what is listed is raised, what is raised is listed, and shown by a case."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from retinue.manifest.codes import CODES

ROOT = Path(__file__).parents[3]
CASES = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "tests/cases/manifests").glob("*.yaml")
)
TESTED_ELSEWHERE = {"RTN-MANIFEST-UNREADABLE"}  # root may read everything


@pytest.mark.parametrize("code", sorted(set(CODES) - TESTED_ELSEWHERE))
def test_every_code_is_shown_by_a_case(code: str) -> None:
    assert re.search(rf"code: {code}$", CASES, re.MULTILINE)


def test_every_code_that_a_case_shows_is_listed() -> None:
    assert set(re.findall(r"code: (RTN-[A-Z0-9-]+)", CASES)) <= set(CODES)
