"""Tool calls as they are stored in a run step, and as the step object shows them. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

from retinue.local.calls import Json
from retinue.local.turns.items import Hit, Logs, Made, ToolCall
from retinue.local.turns.toolbox import code_of

CONTENT = "step_details.tool_calls[*].file_search.results[*].content"
"""The one thing that ``include[]`` can ask of a step."""


def stored(calls: Iterable[ToolCall]) -> str:
    """Calls as text for the database."""
    return json.dumps([_stored(call) for call in calls], ensure_ascii=False)


def _stored(call: ToolCall) -> Json:
    return {
        "call_id": call.call_id,
        "kind": call.kind,
        "name": call.name,
        "arguments": call.arguments,
        "output": call.output,
        "hits": [{**_plain(hit), "attributes": dict(hit.attributes)} for hit in call.hits],
        "outputs": [asdict(each) for each in call.outputs],
    }


def _plain(hit: Hit) -> Json:
    return {
        "file_id": hit.file_id,
        "filename": hit.filename,
        "vector_store_id": hit.vector_store_id,
        "score": hit.score,
        "text": hit.text,
    }


def loaded(text: str) -> tuple[ToolCall, ...]:
    """Calls from the database."""
    return tuple(_loaded(fields) for fields in json.loads(text))


def _loaded(fields: dict[str, Any]) -> ToolCall:
    outputs = (Logs(**each) if "text" in each else Made(**each) for each in fields["outputs"])
    hits = (Hit(**each) for each in fields["hits"])
    return ToolCall(**{**fields, "hits": tuple(hits), "outputs": tuple(outputs)})


def wire(call: ToolCall, include: Collection[str] = ()) -> Json:
    """A call in a step object. Passages' texts are shown only where ``include`` asks for them."""
    if call.kind == "function":
        function = {"name": call.name, "arguments": call.arguments, "output": call.output}
        return {"id": call.call_id, "type": "function", "function": function}
    if call.kind == "code_interpreter":
        outputs = [output for each in call.outputs if (output := wire_output(each))]
        code = {"input": code_of(call), "outputs": outputs}
        return {"id": call.call_id, "type": "code_interpreter", "code_interpreter": code}
    search = {
        "ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0},
        "results": [_result(hit, CONTENT in include) for hit in call.hits],
    }
    return {"id": call.call_id, "type": "file_search", "file_search": search}


def wire_output(output: Logs | Made) -> Json | None:
    """What code printed or drew; other files are only linked in the message."""
    if isinstance(output, Logs):
        return {"type": "logs", "logs": output.text}
    if output.image:
        return {"type": "image", "image": {"file_id": output.file_id}}
    return None


def _result(hit: Hit, with_content: bool) -> Json:  # noqa: FBT001 - a plain fact, used once
    content = {"content": [{"type": "text", "text": hit.text}]} if with_content else {}
    return {"file_id": hit.file_id, "file_name": hit.filename, "score": hit.score, **content}


def required(calls: Iterable[ToolCall]) -> Json | None:
    """``required_action``: the functions that the client has to run. None if there are none."""
    waiting = [
        {
            "id": call.call_id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in calls
        if call.kind == "function" and call.output is None
    ]
    if not waiting:
        return None
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": waiting}}
