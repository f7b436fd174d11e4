"""What is said of models: only what a source says, on the day that the caller names."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.beta import assistant_create_params
from tests.unit.targets.making import TUTOR, assistant

from retinue.address import Address
from retinue.problem import Problem
from retinue.targets import models
from retinue.targets.models import is_openai, lint_models, retirements

TODAY = date(2026, 11, 21)


def linted(root: Path, model: str, today: date = TODAY, **said: Any) -> list[Problem]:
    declared = assistant(root, "responses", model=model, **said)
    return list(lint_models([declared], today))


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("gpt-4o", date(2027, 1, 14)),
        ("gpt-4o-mini", date(2027, 1, 14)),
        ("gpt-4.1", date(2027, 1, 14)),
        ("gpt-4.1-mini", date(2027, 1, 14)),
        ("gpt-5", date(2026, 12, 11)),
        ("o3", date(2026, 12, 11)),
        ("gpt-4", date(2026, 10, 23)),
        ("gpt-3.5-turbo", date(2026, 10, 23)),
        ("o1", date(2026, 10, 23)),
        ("o4-mini", date(2026, 10, 23)),
    ],
)
def test_a_model_with_an_end_is_a_warning(tmp_path: Path, model: str, day: date) -> None:
    (before,) = linted(tmp_path, model, day - timedelta(days=1))
    assert (before.code, before.severity) == ("RTN-MODEL-SHUTDOWN", "warning")
    assert before.message == f"assistant.tutor: OpenAI shuts {model} down on {day}, tomorrow"
    (after,) = linted(tmp_path, model, day)
    assert (after.code, after.severity) == ("RTN-MODEL-RETIRED", "warning")
    assert after.message == f"assistant.tutor can't answer: OpenAI shut {model} down on {day}"


def test_a_warning_says_how_long_and_what_to_do(tmp_path: Path) -> None:
    (problem,) = linted(tmp_path, "gpt-4o")
    assert problem.message.endswith("on 2027-01-14, in 54 days")
    assert problem.hint == "use gpt-6-luna instead"
    text = (tmp_path / "assistants" / "team.yaml").read_text()
    assert text[problem.place.column - 1 :].startswith('"gpt-4o"')


def test_a_replacement_is_named_where_a_source_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {**models._data(), "replacements": {"gpt-4o": "some-model"}}
    monkeypatch.setattr(models, "_data", lambda: known)
    (problem,) = linted(tmp_path, "gpt-4o")
    assert problem.hint == "use some-model instead"


def test_the_model_of_a_judge_ends_as_well(tmp_path: Path) -> None:
    checks = [{"ask": "Hello", "judge": {"rubric": "Good.", "model": "gpt-4o"}}]
    (problem,) = linted(tmp_path, "some-model", checks=checks)
    assert (problem.code, problem.severity) == ("RTN-MODEL-SHUTDOWN", "warning")
    assert problem.message.startswith(
        "the judge of a check of assistant.tutor: OpenAI shuts gpt-4o down on 2027-01-14"
    )
    text = (tmp_path / "assistants" / "team.yaml").read_text()
    assert text[problem.place.column - 1 :].startswith('"gpt-4o"')
    (gone,) = linted(tmp_path, "some-model", date(2027, 2, 1), checks=checks)
    assert gone.message.startswith("the judge of a check of assistant.tutor can't judge: ")


@pytest.mark.parametrize("model", ["some-model", "ft:gpt-4o:team::1", "gpt-6-astra", "gpt-4o-2"])
def test_of_other_models_nothing_is_said(tmp_path: Path, model: str) -> None:
    assert linted(tmp_path, model) == []


@pytest.mark.parametrize("model", ["gpt-4.1-nano", "gpt-4o", "gpt-3.5-turbo", "chatgpt-4o-latest"])
@pytest.mark.parametrize(
    "said", [{"reasoning_effort": "low"}, {"reasoning_summary": "auto"}], ids=str
)
def test_reasoning_is_for_reasoning_models(
    tmp_path: Path, model: str, said: dict[str, Any]
) -> None:
    (name,) = said
    problem = linted(tmp_path, model, **said)[-1]
    assert (problem.code, problem.severity) == ("RTN-MODEL-PARAMETER", "error")
    assert problem.message == (f"assistant.tutor has {name}, but {model} is no reasoning model")


@pytest.mark.parametrize("model", ["gpt-5", "o3", "some-model"])
def test_reasoning_models_may_reason(tmp_path: Path, model: str) -> None:
    found = linted(tmp_path, model, reasoning_effort="low", reasoning_summary="auto")
    assert [problem for problem in found if problem.severity == "error"] == []


def test_no_effort_is_no_parameter(tmp_path: Path) -> None:
    found = linted(tmp_path, "gpt-4o", reasoning_effort=None)
    assert [problem for problem in found if problem.severity == "error"] == []


@pytest.mark.parametrize(
    ("base_url", "its"),
    [
        (None, True),
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("https://models.example/v1", False),
        ("https://api.openai.com.example/v1", False),
        ("http://127.0.0.1:8000/v1", False),
    ],
)
def test_only_openai_speaks_of_its_models(base_url: str | None, *, its: bool) -> None:
    assert is_openai(base_url) is its


# --- retirements -------------------------------------------------------------------------------

OTHER = Address("assistant", "critic")


def told(listed: list[dict[str, Any]], used: dict[Address, str]) -> list[str]:
    return list(retirements(listed, used, TODAY))


def test_what_the_platform_says_goes_before_what_we_know() -> None:
    used = {TUTOR: "gpt-4o", OTHER: "new-model"}
    listed: list[dict[str, Any]] = [
        {"id": "gpt-4o", "shutdown_date": None},
        {"id": "new-model", "shutdown_date": "2026-12-01"},
        {"id": "unused", "shutdown_date": "2026-12-01"},
    ]
    (note,) = told(listed, used)
    assert note == (
        "OpenAI shuts new-model down on 2026-12-01, in 10 days (used by assistant.critic); "
        "choose another; see developers.openai.com/api/docs/deprecations"
    )


def test_where_it_says_nothing_we_say_what_we_know() -> None:
    used = {TUTOR: "gpt-4", OTHER: "gpt-4", Address("assistant", "third"): "some-model"}
    (note,) = told([{"id": "gpt-4"}], used)
    assert note.startswith(
        "OpenAI shut gpt-4 down on 2026-10-23 (used by assistant.critic, assistant.tutor)"
    )


@pytest.mark.parametrize("written", [None, "", "soon", 7, "2026-13-01"])
def test_a_day_that_is_none_says_nothing(written: Any) -> None:
    assert told([{"id": "m", "shutdown_date": written}], {TUTOR: "m"}) == []


# --- the data ----------------------------------------------------------------------------------


def test_the_data_says_what_its_source_says() -> None:
    assert assistant_create_params.__file__ is not None
    if f"openai {openai.__version__} " not in models._data()["sources"]["shutdowns"]:
        pytest.skip("the data were read in another version of the SDK")
    text = Path(assistant_create_params.__file__).read_text("utf-8")
    _, _, rest = text.partition("Deprecated values:")
    deprecated, _, _ = rest.partition('"""')
    found: dict[str, list[str]] = {}
    for entry in deprecated.split("\n    - ")[1:]:
        day = re.search(r"\d{4}-\d\d-\d\d\.", entry)
        if day is not None:
            head, _, _ = entry.partition("Announced")
            found.setdefault(day[0][:-1], []).extend(re.findall(r'"([^"]+)"', head))
    assert {day: sorted(names) for day, names in found.items()} == models._data()["shutdowns"]


@pytest.mark.parametrize("model", ["o3", "o1-2024-12-17", "gpt-5", "gpt-5-mini-2025-08-07"])
@pytest.mark.parametrize("name", ["temperature", "top_p"])
def test_a_reasoning_model_refuses_sampling(tmp_path: Path, model: str, name: str) -> None:
    half: dict[str, Any] = {name: 0.5}
    found = [each for each in linted(tmp_path, model, **half) if each.severity == "error"]
    assert [each.code for each in found] == ["RTN-MODEL-PARAMETER"]
    assert found[0].message == (
        f"assistant.tutor has {name}, which the reasoning model {model} refuses"
    )
    whole: dict[str, Any] = {name: 1}
    assert not any(each.severity == "error" for each in linted(tmp_path, model, **whole))


@pytest.mark.parametrize("model", ["gpt-5-chat-latest", "gpt-4o", "gpt-5.1", "some-model"])
def test_other_models_take_a_temperature(tmp_path: Path, model: str) -> None:
    problems = linted(tmp_path, model, temperature=0.5)
    assert not any(each.severity == "error" for each in problems)


def test_a_model_that_reasons_at_will_refuses_sampling_while_it_does(tmp_path: Path) -> None:
    said: dict[str, Any] = {"temperature": 0.5, "reasoning_effort": "high"}
    (problem,) = (each for each in linted(tmp_path, "gpt-5.2", **said) if each.severity == "error")
    assert problem.hint == "remove temperature, or set reasoning_effort: none"
    assert not linted(tmp_path, "gpt-5.2", temperature=0.5, reasoning_effort="none")
