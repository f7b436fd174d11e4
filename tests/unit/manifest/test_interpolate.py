from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.manifest.interpolate import Scope, interpolate, substitute
from retinue.manifest.source import parse

SCOPE = Scope({"a": "1", "nested": "${var:a}", "unset": None}, {"HOME": "/home/x"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain $ text { } $a", "plain $ text { } $a"),
        ("${var:a}-${var:a}", "1-1"),
        ("${env:HOME}", "/home/x"),
        ("$${var:a}", "${var:a}"),
        ("$$${var:a}", "$${var:a}"),
        ("${var:nested}", "${var:a}"),
    ],
)
def test_texts(text: str, expected: str) -> None:
    assert substitute(text, SCOPE) == (expected, [])


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("x ${var:b}", "VARIABLE", 2),
        ("${var:unset}", "VARIABLE", 0),
        ("${env:NONE}", "VARIABLE", 0),
        ("${", "INTERPOLATION", 0),
        ("a ${b", "INTERPOLATION", 2),
        ("${var}", "INTERPOLATION", 0),
        ("${a:b}", "INTERPOLATION", 0),
        ("${var:\n}", "INTERPOLATION", 0),
    ],
)
def test_faults_stay_as_they_are(text: str, code: str, offset: int) -> None:
    found, faults = substitute(text, SCOPE)
    assert found == text
    assert [(fault.code, fault.offset) for fault in faults] == [(code, offset)]


@given(st.text())
def test_an_escaped_text_comes_out_as_it_was(text: str) -> None:
    escaped = text.replace("${", "$${")
    if "$$${" not in escaped:  # a dollar sign before it would be taken for the escape's own
        assert substitute(escaped, SCOPE) == (text, [])


def test_keys_and_other_values_are_left_alone() -> None:
    document = parse("'${var:a}': ['${var:a}', 5, null, {x: '${var:a}'}]", "a.yaml")
    found = interpolate(document, SCOPE)
    assert found.value == {"${var:a}": ["1", 5, None, {"x": "1"}]}
    assert found.problems == ()
