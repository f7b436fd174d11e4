"""Whether an answer is what a check expects. Pure, but for the compiled expressions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from retinue.foreign_json import read_json
from retinue.manifest.model_checks import Check, ToolCalled
from retinue.talk.answers import Answer
from retinue.talk.events import FunctionCall, Source

_SHOWN = 80
_FENCE = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n\s*```\s*$", re.DOTALL)

_NO_FILES = ("agents",)
"""Targets that have no file search, and so nothing that cites files."""


def inapplicable(check: Check, target: str) -> list[str]:
    """What ``check`` expects that can't be on ``target``, whatever the assistant says: known
    before anything is asked."""
    if not check.cites or target not in _NO_FILES:
        return []
    way_out = f"give the assistant other checks under targets: {target}:"
    return [f"cites is not applicable on {target}: nothing there cites files; {way_out}"]


def unmet(check: Check, answers: Sequence[Answer]) -> list[str]:
    """Why the last of ``answers``, one for each turn, is not what ``check`` expects."""
    last = answers[-1]
    return [
        *_unfinished(check, answers),
        *_texts(check, last.text),
        *_schema(check, last.text),
        *_tools(check, answers),
        *_citations(check, last.sources),
        *_limits(check, answers),
    ]


def _unfinished(check: Check, answers: Sequence[Answer]) -> Iterator[str]:
    expected = {tool.name for tool in check.tool_called}
    for answer in answers:
        called = {call.name for call in answer.open_calls}
        # That a function was called can be checked without anybody who answers it.
        if not answer.complete and not (called and called <= expected):
            hint = ""
            if called:
                hint = "; bind it to a handler, and allow that one to run: --allow"
            yield f"the answer is {answer.status}: {answer.reason}{hint}"


def _texts(check: Check, text: str) -> Iterator[str]:
    for wanted in check.contains:
        if wanted not in text:
            yield f"the answer does not contain {_short(wanted)}; it is {_short(text)}"
    for unwanted in check.not_contains:
        if unwanted in text:
            yield f"the answer contains {_short(unwanted)}"
    for expression in check.regex:
        if re.search(expression, text) is None:
            yield f"the answer does not match {_short(expression)}; it is {_short(text)}"


def _schema(check: Check, text: str) -> Iterator[str]:
    if check.json_schema is None:
        return
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    fenced = _FENCE.match(text)
    try:
        value = read_json(fenced[1] if fenced else text)
    except ValueError as error:
        yield f"the answer is no JSON ({error}); it is {_short(text)}"
        return
    found = best_match(Draft202012Validator(check.json_schema).iter_errors(value))
    if found is not None:
        yield f"the answer does not fit the schema at {found.json_path}: {found.message}"


def _tools(check: Check, answers: Sequence[Answer]) -> Iterator[str]:
    steps = [step for answer in answers for step in answer.steps if step.kind != "function"]
    others = [
        FunctionCall(each.id, each.name, each.input) for each in steps if each.kind == "other"
    ]
    calls = [*(call for answer in answers for call in answer.calls), *others]
    kinds = {step.name for step in steps}
    for wanted in check.tool_called:
        same = [call for call in calls if _is_called(call, wanted.name)]
        if not same and wanted.name not in kinds:
            used = sorted({call.name for call in calls} | kinds)
            yield f"{wanted.name} was not called; called: {', '.join(used) or 'nothing'}"
        elif same and not any(_fits(call, wanted) for call in same):
            given = " and ".join(_short(call.arguments) for call in same)
            yield f"{wanted.name} was called with {given}, not {json.dumps(wanted.arguments)}"


def _is_called(call: FunctionCall, name: str) -> bool:
    """Whether a check may call it so. A tool of an MCP server is ``server.tool``, and the server
    will do; the names of both may have dots, and manifests know which servers there are."""
    return call.name == name or call.name.startswith(f"{name}.")


def _fits(call: FunctionCall, wanted: ToolCalled) -> bool:
    if not wanted.arguments:
        return True
    try:
        return subset(wanted.arguments, call.parsed())
    except ValueError:
        return False


def subset(wanted: Any, given: Any) -> bool:
    """Whether ``given`` has all that ``wanted`` has: mappings may hold more, all else is equal."""
    if isinstance(wanted, Mapping):
        return isinstance(given, Mapping) and all(
            key in given and subset(value, given[key]) for key, value in wanted.items()
        )
    if isinstance(wanted, bool) or isinstance(given, bool):
        return wanted is given
    return bool(wanted == given)


def _citations(check: Check, sources: Sequence[Source]) -> Iterator[str]:
    names = ", ".join(source.name for source in sources) or "nothing"
    for wanted in check.cites:
        if not any(_is(source, wanted) for source in sources):
            yield f"the answer does not cite {wanted}; it cites {names}"


def _is(source: Source, wanted: str) -> bool:
    path = (source.address or "").removeprefix("file.")
    known = {source.name, source.address, source.url, path}
    return wanted in known or path.endswith(f"/{wanted}")


def _limits(check: Check, answers: Sequence[Answer]) -> Iterator[str]:
    seconds = sum(answer.seconds for answer in answers)
    if check.max_seconds is not None and seconds > check.max_seconds:
        yield f"the answer took {seconds:.1f} s; at most {check.max_seconds:g} s are allowed"
    tokens = [answer.usage.total for answer in answers if answer.usage is not None]
    if check.max_tokens is None:
        return
    if not tokens:
        yield "the platform does not count tokens: max_tokens can't be checked"
    elif sum(tokens) > check.max_tokens:
        yield f"the answer used {sum(tokens):,} tokens; at most {check.max_tokens:,} are allowed"


def _short(text: str) -> str:
    """Text on one line, cut."""
    line = " ".join(text.split())
    return repr(line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…")
