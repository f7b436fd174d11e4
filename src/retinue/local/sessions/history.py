"""From the items of a session to the turn that the model is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from retinue.local.agents.unavailable import missing_here
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.sessions import rows
from retinue.local.turns.items import (
    Answered,
    Asked,
    Function,
    Item,
    Part,
    Picture,
    Said,
    Settings,
    Turn,
    Words,
)


def turn_of(connection: Connection, turn: Row) -> Turn:
    """Everything that ``turn`` starts from, also after it stopped for functions."""
    session = rows.require_session(connection, turn["session_id"])
    fields = json.loads(session["fields"])
    agent = fields["agent"]
    made = rows.items_of(connection, session["id"])
    return Turn(
        model=agent["model"],
        instructions=_instructions(agent, fields["environment"]),
        history=tuple(item for each in made for item in _told(each)),
        tools=tuple(_function(tool) for tool in agent["tools"] if tool["type"] == "function"),
        settings=Settings(
            reasoning_effort=agent["reasoning"]["effort"],
            response_format=_format(agent["text"]["format"]),
        ),
        spent=rows.spent(turn["usage"]),
        resumed=turn["usage"] is not None,
    )


def _instructions(agent: Json, environment: Json) -> str:
    """The agent's own, and a word about what it was given but hasn't got here."""
    own: str = agent["instructions"] or ""
    lost = missing_here(agent, environment)
    if not lost:
        return own
    note = f"Not available in this session: {', '.join(lost)}. Say so where it matters."
    return f"{own}\n\n{note}" if own else note


def _told(item: Json) -> Iterator[Item]:
    if item["type"] == "message":
        parts = tuple(_parts(item["content"]))
        if parts:
            yield Said(item["role"], parts)
    elif item["type"] == "function_call":
        yield Asked(item["call_id"], item["name"], arguments_text(item["arguments"]))
    else:
        yield Answered(item["call_id"], _output(item))


def _parts(content: Sequence[Json]) -> Iterator[Part]:
    for each in content:
        if each["type"] == "input_image":
            yield Picture(each["image_url"])
        elif each["text"]:
            yield Words(each["text"])


def arguments_of(text: str) -> object:
    """A call's arguments as items show them: JSON, or the text where it isn't any."""
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return text


def arguments_text(arguments: object) -> str:
    """A call's arguments as the model wrote them."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _output(item: Json) -> str:
    if item["status"] == "failed":
        return f"The call failed: {item['error'] or 'no reason was given.'}"
    output = item["output"] or ""
    if isinstance(output, str):
        return output
    # The model's server takes words alone from a function.
    return "\n".join(each.get("text", "[an image]") for each in output)


def _function(tool: Json) -> Function:
    return Function(tool["name"], tool["description"], tool["parameters"])


def _format(given: Json) -> Json | None:
    if given["type"] == "text":
        return None
    # The Agents API has no name for a schema; a chat-completions server asks for one.
    inside = {"name": "answer", "schema": given["schema"]}
    return {"type": "json_schema", "json_schema": inside}
