from __future__ import annotations

from typing import Any

import pytest

from retinue.talk.expectations import subset
from retinue.talk.judging import read_verdict


@pytest.mark.parametrize(
    ("wanted", "given", "fits"),
    [
        ({}, {"a": 1}, True),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": True}, {"a": 1}, False),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"a": None}, {}, False),
        ({"a": {}}, {"a": 1}, False),
        ({}, [], False),
    ],
)
def test_mappings_may_hold_more_all_else_is_equal(wanted: Any, given: Any, *, fits: bool) -> None:
    assert subset(wanted, given) is fits


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ('{"verdict": "PASS", "reason": "r"}', True),
        ('{"verdict": "FAIL", "reason": "r"}', False),
        ('{"verdict": "pass", "reason": "r"}', False),
        ('{"verdict": "PASS"}', False),
        ("PASS", False),
        ('["PASS"]', False),
    ],
)
def test_only_a_clear_pass_passes(text: str, *, passed: bool) -> None:
    assert read_verdict(text).passed is passed
