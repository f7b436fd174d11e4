"""From the rows of a thread and a run to the turn that the model is asked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

from retinue.local import blobs
from retinue.local.calls import Json
from retinue.local.database import Connection, Database, Row
from retinue.local.runs import answers, calls, rows
from retinue.local.sandbox.names import safe_names
from retinue.local.turns.items import (
    Choice,
    CodeInterpreter,
    FileRef,
    FileSearch,
    Function,
    Item,
    Part,
    Picture,
    Said,
    Settings,
    Tool,
    Turn,
    Words,
)

_MOST_IMAGE = 20 * 1024 * 1024
_PASSAGES, _PASSAGES_SMALL = 20, 5


def turn_of(connection: Connection, database: Database, run: Row) -> Turn:
    """Everything that the turn of ``run`` starts from, also after it stopped for functions."""
    fields = json.loads(run["fields"])
    steps = rows.steps_of(connection, run["id"])
    earlier = [call for step in steps for call in calls.loaded(step["calls"])]
    history = [
        *_thread(connection, database, run, fields["truncation_strategy"]),
        *_own(connection, steps),
    ]
    return Turn(
        model=fields["model"],
        instructions=fields["instructions"],
        history=tuple(history),
        tools=tuple(_tools(connection, fields)),
        settings=_settings(fields),
        earlier=tuple(earlier),
        spent=answers.spent(run["usage"]),
        resumed=bool(steps),
    )


def _thread(
    connection: Connection, database: Database, run: Row, truncation: Json
) -> Iterator[Item]:
    """The thread's messages but the run's own, the oldest left out as ``truncation`` says."""
    found = connection.execute(
        "SELECT role, content FROM messages WHERE thread_id = ? AND run_id IS NOT ?"
        " ORDER BY created_at, seq",
        (run["thread_id"], run["id"]),
    ).fetchall()
    if truncation["type"] == "last_messages":
        found = found[-truncation["last_messages"] :]
    for row in found:
        parts = _parts(connection, database, json.loads(row["content"]))
        if parts:
            yield Said(row["role"], parts)


def _parts(connection: Connection, database: Database, content: Sequence[Json]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for each in content:
        if each["type"] == "text":
            parts.append(Words(each["text"]["value"]))
        elif each["type"] == "image_url":
            image = each["image_url"]
            parts.append(Picture(image["url"], image.get("detail", "auto")))
        elif each["type"] == "image_file":
            image = each["image_file"]
            url = data_url(connection, database, image["file_id"])
            if url:
                parts.append(Picture(url, image.get("detail", "auto")))
    return tuple(parts)


def data_url(connection: Connection, database: Database, file_id: str) -> str | None:
    """A stored image for the model; None if it is gone or too large to be sent."""
    row = connection.execute(
        "SELECT blob_id, bytes, filename FROM files WHERE id = ?", (file_id,)
    ).fetchone()
    if row is None or row["bytes"] > _MOST_IMAGE:
        return None
    data = b"".join(blobs.read_blob(database, row["blob_id"]))
    kind = row["filename"].rpartition(".")[2].lower()
    subtype = {"jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp"}.get(kind, "png")
    return f"data:image/{subtype};base64,{base64.b64encode(data).decode()}"


def _own(connection: Connection, steps: Sequence[Row]) -> Iterator[Item]:
    """What the run itself has said and called so far."""
    for step in steps:
        made = calls.loaded(step["calls"])
        yield from (call.asked for call in made)
        yield from (call.answered for call in made if call.output is not None)
        if step["message_id"]:
            row = connection.execute(
                "SELECT content FROM messages WHERE id = ?", (step["message_id"],)
            ).fetchone()
            content = json.loads(row["content"]) if row else []
            said = [each["text"]["value"] for each in content if each["type"] == "text"]
            if said:
                yield Said("assistant", tuple(Words(each) for each in said))


def _tools(connection: Connection, fields: Json) -> Iterator[Tool]:
    for tool in fields["tools"]:
        if tool["type"] == "function":
            yield function(tool["function"])
        elif tool["type"] == "file_search":
            yield _search(tool.get("file_search", {}), fields)
        else:
            yield CodeInterpreter(file_refs(connection, fields["code_files"]))


def function(given: Json) -> Function:
    """A function of the client."""
    return Function(
        given["name"],
        given.get("description"),
        given.get("parameters"),
        bool(given.get("strict")),
    )


def _search(given: Json, fields: Json) -> FileSearch:
    # Documented: 20 passages for gpt-4 models, 5 for gpt-3.5-turbo.
    usual = _PASSAGES_SMALL if fields["model"].startswith("gpt-3.5") else _PASSAGES
    ranking: dict[str, Any] = given.get("ranking_options", {})
    return FileSearch(
        tuple(fields["store_ids"]),
        given.get("max_num_results", usual),
        ranking.get("score_threshold", 0.0),
    )


def file_refs(connection: Connection, file_ids: Sequence[str]) -> tuple[FileRef, ...]:
    """Files with the names under which code finds them; equal names are told apart."""
    found = connection.execute(
        "SELECT files.id, filename FROM json_each(?) AS wanted JOIN files ON files.id ="
        " wanted.value ORDER BY wanted.key",
        (json.dumps(list(file_ids)),),
    ).fetchall()
    names = safe_names(row["filename"] for row in found)
    return tuple(FileRef(row["id"], name) for row, name in zip(found, names, strict=True))


def _settings(fields: Json) -> Settings:
    wanted, form = fields["tool_choice"], fields["response_format"]
    # 1.0 is the default that the platform fills in; some models refuse to be told.
    return Settings(
        temperature=None if fields["temperature"] == 1.0 else fields["temperature"],
        top_p=None if fields["top_p"] == 1.0 else fields["top_p"],
        reasoning_effort=fields["reasoning_effort"],
        response_format=None if form in ("auto", {"type": "text"}) else form,
        choice=_choice(wanted),
        parallel=fields["parallel_tool_calls"],
        most_prompt=fields["max_prompt_tokens"],
        most_completion=fields["max_completion_tokens"],
    )


def _choice(wanted: str | Json) -> Choice:
    if isinstance(wanted, str):
        return Choice(wanted)
    return Choice(wanted["type"], (wanted.get("function") or {}).get("name"))
