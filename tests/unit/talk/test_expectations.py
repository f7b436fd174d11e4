from __future__ import annotations

from typing import Any

import pytest

from retinue.manifest.model_checks import Check, ToolCalled
from retinue.problem import Place
from retinue.talk.answers import Answer
from retinue.talk.events import Source, StepDone
from retinue.talk.expectations import inapplicable, subset, unmet
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
        ("[" * 100_000, False),
    ],
)
def test_only_a_clear_pass_passes(text: str, *, passed: bool) -> None:
    assert read_verdict(text).passed is passed


def check(**expected: Any) -> Check:
    return Check(name="it", ask=("Why?",), place=Place("team.yaml", 1, 1), **expected)


@pytest.mark.parametrize("text", ["no JSON", "[" * 100_000])
def test_an_answer_that_can_not_be_read_does_not_fit_a_schema(text: str) -> None:
    [reason] = unmet(check(json_schema={"type": "array"}), [Answer(text=text, status="completed")])
    assert reason.startswith("the answer is no JSON")


@pytest.mark.parametrize("name", ["repo", "repo.read", "web_search"])
@pytest.mark.parametrize("arguments", [{}, {"path": "a"}])
def test_tools_of_servers_and_of_the_platform_are_called(name: str, arguments: Any) -> None:
    steps = (
        StepDone("1", "other", "repo.read", '{"path": "a"}'),
        StepDone("2", "other", "web_search", "limits"),
    )
    wanted = check(tool_called=(ToolCalled(name, arguments),))
    reasons = unmet(wanted, [Answer(text="", status="completed", steps=steps)])
    # What was searched for is no JSON: a check that wants arguments must not pass by it.
    assert bool(reasons) is (name == "web_search" and bool(arguments))


@pytest.mark.parametrize(
    ("name", "called"),
    [("repo.v2", True), ("repo.v2.files.read", True), ("repo.v", False), ("repo.v2.files.", False)],
)
def test_labels_and_tools_of_servers_may_have_dots(name: str, *, called: bool) -> None:
    steps = (StepDone("1", "other", "repo.v2.files.read", "{}"),)
    wanted = check(tool_called=(ToolCalled(name),))
    reasons = unmet(wanted, [Answer(text="", status="completed", steps=steps)])
    assert (reasons == []) is called


def test_a_page_is_cited_by_its_address() -> None:
    page = Source("", "A page", url="https://a.example/b")
    answer = Answer(text="", status="completed", sources=(page,))
    assert unmet(check(cites=("https://a.example/b",)), [answer]) == []


@pytest.mark.parametrize(
    ("target", "fits"), [("assistants", True), ("responses", True), ("agents", False)]
)
def test_agents_cite_nothing(target: str, *, fits: bool) -> None:
    assert (inapplicable(check(cites=("limits.md",)), target) == []) is fits
    assert inapplicable(check(contains=("x",)), target) == []
