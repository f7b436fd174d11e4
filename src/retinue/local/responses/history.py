"""From the items of a response to the turn that the model is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from retinue.local import blobs, refusals
from retinue.local.calls import Json
from retinue.local.contents import Inspector, decoded
from retinue.local.database import Connection, Database
from retinue.local.responses.items import file_bytes
from retinue.local.runs.history import data_url, file_refs
from retinue.local.turns.items import (
    Answered,
    Asked,
    Choice,
    CodeInterpreter,
    FileSearch,
    Function,
    Hit,
    Item,
    Logs,
    Part,
    Picture,
    Said,
    Settings,
    Tool,
    ToolCall,
    Turn,
    Words,
)
from retinue.local.turns.toolbox import found_text, printed_text

_MOST_FILE = 2 * 1024 * 1024
_NO_PICTURE = "[an image, which can't be shown as text]"


def turn_of(connection: Connection, database: Database, fields: Json, made: Sequence[Json]) -> Turn:
    """The turn over the items ``made``, the oldest first, as the request's ``fields`` want it."""
    earlier = [call for each in made if (call := _server_call(each))]
    history: list[Item] = []
    searches = 0
    for each in made:
        if each["type"] == "message":
            parts = _parts(connection, database, each["content"])
            history += [Said(each["role"], parts)] if parts else []
        elif each["type"] == "file_search_call":
            history += _called(each, searches)
            searches += 1
        elif each["type"] == "function_call_output":
            output = _output_text(connection, database, each["output"])
            history.append(Answered(each["call_id"], output))
        else:
            history += _called(each, 0)
    return Turn(
        model=fields["model"],
        instructions=fields["instructions"] or "",
        history=tuple(history),
        tools=tuple(_tool(connection, each) for each in fields["tools"]),
        settings=_settings(fields),
        earlier=tuple(earlier),
        marks=False,
    )


def _called(item: Json, search: int) -> Iterator[Item]:
    """A call as history; one of the platform's own tools with what it gave."""
    if item["type"] == "function_call":
        yield Asked(item["call_id"], item["name"], item["arguments"])
    else:
        call = _server_call(item)
        if call is not None:
            text = found_text(search, call.hits) if call.hits else printed_text(call.outputs)
            yield call.asked
            yield Answered(call.call_id, text)


def _output_text(connection: Connection, database: Database, output: str | list[Json]) -> str:
    """What a function gave, as models take it: text alone."""
    if isinstance(output, str):
        return output
    parts = _parts(connection, database, output)
    return "\n".join(part.text if isinstance(part, Words) else _NO_PICTURE for part in parts)


def _server_call(item: Json) -> ToolCall | None:
    if item["type"] == "file_search_call":
        query = json.dumps({"query": "; ".join(str(each) for each in item["queries"])})
        hits = tuple(_hit(each) for each in item.get("results") or ())
        return ToolCall(item["id"], "file_search", "file_search", query, hits=hits)
    if item["type"] == "code_interpreter_call":
        code = json.dumps({"code": item.get("code") or ""})
        logs = tuple(
            Logs(each["logs"]) for each in item.get("outputs") or () if each.get("type") == "logs"
        )
        return ToolCall(item["id"], "code_interpreter", "python", code, outputs=logs)
    return None


def _hit(result: Json) -> Hit:
    return Hit(
        str(result.get("file_id", "")),
        str(result.get("filename", "")),
        "",
        float(result.get("score") or 0.0),
        str(result.get("text", "")),
    )


def _parts(connection: Connection, database: Database, content: Sequence[Json]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for each in content:
        if each["type"] == "input_image":
            file_id = each.get("file_id")
            url = each.get("image_url") or (file_id and data_url(connection, database, file_id))
            if url:
                parts.append(Picture(url, each.get("detail", "auto")))
        elif each["type"] == "input_file":
            parts.append(Words(_file_text(connection, database, each)))
        else:
            parts.append(Words(each.get("text") or each.get("refusal") or ""))
    return tuple(parts)


def _file_text(connection: Connection, database: Database, part: Json) -> str:
    """The text of a file that is sent along. Only files that are text can be."""
    if part.get("file_id") is None:
        return _sent_text(part.get("filename") or "that was sent", file_bytes(part["file_data"]))
    row = connection.execute("SELECT * FROM files WHERE id = ?", (part["file_id"],)).fetchone()
    if row is None:
        return "[a file that doesn't exist any more]"
    encoding = row["encoding"] if row["bytes"] <= _MOST_FILE else None
    return _shown(row["filename"], blobs.read_blob(database, row["blob_id"]), encoding)


def _sent_text(name: str, data: bytes) -> str:
    inspector = Inspector(name)
    inspector.feed(data)
    encoding, _ = inspector.verdict()
    return _shown(name, [data], encoding if len(data) <= _MOST_FILE else None)


def _shown(name: str, chunks: Iterable[bytes], encoding: str | None) -> str:
    if encoding is None:
        return f"[the file {name}, which can't be shown as text]"
    return f"[the file {name}]\n{''.join(decoded(chunks, encoding))}"


def _tool(connection: Connection, given: Json) -> Tool:
    if given["type"] == "function":
        return Function(
            given["name"],
            given.get("description"),
            given.get("parameters"),
            bool(given.get("strict")),
        )
    if given["type"] == "file_search":
        ranking = given.get("ranking_options") or {}
        return FileSearch(
            tuple(given["vector_store_ids"]),
            given.get("max_num_results") or 20,
            ranking.get("score_threshold", 0.0),
            given.get("filters"),
        )
    return CodeInterpreter(file_refs(connection, given["container"]["file_ids"]))


def _settings(fields: Json) -> Settings:
    return Settings(
        temperature=None if fields["temperature"] == 1.0 else fields["temperature"],
        top_p=None if fields["top_p"] == 1.0 else fields["top_p"],
        reasoning_effort=fields["reasoning"].get("effort"),
        response_format=_format(fields["text"].get("format")),
        choice=_choice(fields["tool_choice"]),
        parallel=fields["parallel_tool_calls"],
        most_completion=fields["max_output_tokens"],
        most_calls=fields["max_tool_calls"],
    )


def _format(given: Json | None) -> Json | None:
    if given is None or given["type"] == "text":
        return None
    if given["type"] == "json_object":
        return given
    inside = {key: value for key, value in given.items() if key != "type"}
    return {"type": "json_schema", "json_schema": inside}


def _choice(wanted: str | Json) -> Choice:
    if isinstance(wanted, str):
        return Choice(wanted)
    return Choice(wanted["type"], wanted.get("name"))


def check_calls(made: Sequence[Json]) -> None:
    """Every function call must have its output, and the other way round, before the model goes
    on. Raises what OpenAI answers."""
    asked = {each["call_id"] for each in made if each["type"] == "function_call"}
    told = {each["call_id"] for each in made if each["type"] == "function_call_output"}
    for call_id in sorted(told - asked):
        reason = f"No tool call found for function call output with call_id {call_id}."
        raise refusals.Refusal(reason, param="input")
    for call_id in sorted(asked - told):
        raise refusals.Refusal(f"No tool output found for function call {call_id}.", param="input")
