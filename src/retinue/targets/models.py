"""What OpenAI says of its models: which of them go, and when; which refuse a parameter.

Pure, but for the data file beside it, which says where each of its parts was read. It says
nothing of a model that no source speaks of, and the caller says which day it is. All of this is
about OpenAI's own models: ask `is_openai` first, for elsewhere a name may stand for another model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

from retinue.address import Address
from retinue.manifest.model import Assistant
from retinue.problem import Place, Problem

_WHERE: Final = "choose another; see developers.openai.com/api/docs/deprecations"
_OF_REASONING: Final = ("reasoning_effort", "reasoning_summary")
_OF_SAMPLING: Final = ("temperature", "top_p")


def is_openai(base_url: str | None) -> bool:
    """Whether OpenAI itself answers at ``base_url``; None is the SDK's default, which is OpenAI."""
    host = urlsplit(base_url or "https://api.openai.com").hostname or ""
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def lint_models(assistants: Iterable[Assistant], today: date) -> Iterator[Problem]:
    """Yield warnings of models that go or are gone, and errors of parameters that they refuse."""
    for each in assistants:
        if isinstance(model := each.fields.get("model"), str):
            place, who = each.places.at("model"), str(each.address)
            yield from _shutdown(place, model, today, who, f"{who} can't answer")
            yield from _parameters(each, model)
        for check in each.checks:
            if check.judge is not None and check.judge.model is not None:
                who = f"the judge of a check of {each.address}"
                yield from _shutdown(
                    check.judge.place, check.judge.model, today, who, f"{who} can't judge"
                )


def _shutdown(place: Place, model: str, today: date, who: str, out: str) -> Iterator[Problem]:
    """``out``: what it means to ``who`` that the model is gone."""
    day = _shutdowns().get(model)
    if day is None:
        return
    gone = day <= today
    yield Problem(
        code="RTN-MODEL-RETIRED" if gone else "RTN-MODEL-SHUTDOWN",
        place=place,
        message=f"{out if gone else who}: {_sentence(model, day, today)}",
        hint=_hint(model),
        severity="warning",
    )


def _sentence(model: str, day: date, today: date) -> str:
    if day <= today:
        return f"OpenAI shut {model} down on {day}"
    days = (day - today).days
    left = "tomorrow" if days == 1 else f"in {days} days"
    return f"OpenAI shuts {model} down on {day}, {left}"


def _hint(model: str) -> str:
    replacement = _data()["replacements"].get(model)
    return f"use {replacement} instead" if replacement else _WHERE


def _parameters(assistant: Assistant, model: str) -> Iterator[Problem]:
    if model.startswith(tuple(_data()["without_reasoning"])):
        for name in _OF_REASONING:
            if assistant.fields.get(name) is not None:
                wrong = f"{name}, but {model} is no reasoning model"
                yield _refused(assistant, name, wrong, "choose a reasoning model")
    for name in _OF_SAMPLING:
        if assistant.fields.get(name) not in (None, 1):
            yield from _sampling(assistant, model, name)


def _sampling(assistant: Assistant, model: str, name: str) -> Iterator[Problem]:
    """Reasoning models take the default alone; some take others while they do not reason."""
    rules: Mapping[str, list[str]] = _data()["sampling"]
    effort = assistant.fields.get("reasoning_effort")
    if _among(model, rules["refused"]):
        wrong = f"{name}, which the reasoning model {model} refuses"
        yield _refused(assistant, name, wrong, "choose a model that does not reason")
    elif effort not in (None, "none") and _among(model, rules["refused_with_effort"]):
        wrong = f"{name}, which {model} refuses while it reasons"
        yield _refused(assistant, name, wrong, "set reasoning_effort: none")


def _among(model: str, families: Iterable[str]) -> bool:
    """Whether a model is one of ``families``, or a dated snapshot of one."""
    return any(model == family or model.startswith(f"{family}-20") for family in families)


def _refused(assistant: Assistant, name: str, wrong: str, way: str) -> Problem:
    return Problem(
        code="RTN-MODEL-PARAMETER",
        place=assistant.places.at(name),
        message=f"{assistant.address} has {wrong}",
        hint=f"remove {name}, or {way}",
    )


def retirements(
    models_listed: Iterable[Mapping[str, Any]], used: Mapping[Address, str], today: date
) -> Iterator[str]:
    """Yield a sentence for each model that goes or is gone, with those that use it, in order.

    ``models_listed`` are the objects of GET /models: what one says of its shutdown goes before what
    we know. ``used`` is the model of each assistant.
    """
    listed = {str(item["id"]): item for item in models_listed if "shutdown_date" in item}
    for model in sorted(set(used.values())):
        told = listed.get(model)
        day = _shutdowns().get(model) if told is None else _day(told["shutdown_date"])
        if day is not None:
            users = ", ".join(str(address) for address in sorted(used) if used[address] == model)
            yield f"{_sentence(model, day, today)} (used by {users}); {_hint(model)}"


def _day(written: Any) -> date | None:
    """A day as the platform writes it; None for anything else."""
    try:
        return date.fromisoformat(written)
    except (TypeError, ValueError):
        return None


@cache
def _data() -> Mapping[str, Any]:
    text = files("retinue.targets").joinpath("models.json").read_text("utf-8")
    data: Mapping[str, Any] = json.loads(text)
    return data


@cache
def _shutdowns() -> Mapping[str, date]:
    by_day: Mapping[str, list[str]] = _data()["shutdowns"]
    return {model: date.fromisoformat(day) for day, models in by_day.items() for model in models}
