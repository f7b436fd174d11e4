"""/assistants: create, list, read, change, delete.

Both versions of the Assistants API are spoken; ``first_api`` translates the first. The fields an
update leaves out are kept; the ones it sends replace the old value whole, tool resources tool by
tool; null goes back to the default. Files of the code interpreter are rows of their own, so that
deleting a file takes it out of every assistant. A deleted vector store's ID stays in the
assistants that name it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from retinue.local import checks, first_api, pages, refusals, settings, shapes, tools
from retinue.local.calls import ASSISTANTS, Call, Json
from retinue.local.database import Connection, Row
from retinue.local.families.vector_stores import create_store, require_store
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id

SCHEMA = """
CREATE TABLE IF NOT EXISTS assistants (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  model TEXT NOT NULL,
  fields TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS assistants_order ON assistants (created_at);
CREATE INDEX IF NOT EXISTS assistants_model ON assistants (model, created_at);
CREATE TABLE IF NOT EXISTS assistant_files (
  assistant_id TEXT NOT NULL REFERENCES assistants (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
  PRIMARY KEY (assistant_id, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS assistant_files_file ON assistant_files (file_id);
""" + pages.tombstone_trigger("assistants")

_DEFAULTS: Mapping[str, Any] = {
    "name": None,
    "description": None,
    "instructions": None,
    "tools": [],
    "metadata": {},
    "temperature": 1.0,
    "top_p": 1.0,
    "response_format": "auto",
}
_MODEL = checks.text(shortest=1)
_OPTIONAL: Mapping[str, checks.Check] = {
    "name": checks.nullable(checks.text(longest=256)),
    "description": checks.nullable(checks.text(longest=512)),
    "instructions": checks.nullable(checks.text(longest=256_000)),
    "tools": tools.TOOLS,
    "metadata": shapes.METADATA,
    "temperature": checks.nullable(checks.decimal(least=0, most=2), default=1.0),
    "top_p": checks.nullable(checks.decimal(least=0, most=1), default=1.0),
    "response_format": checks.nullable(settings.response_format, default="auto"),
    "reasoning_effort": settings.REASONING_EFFORT,
}
_CREATE = checks.record(
    _OPTIONAL, required={"model": _MODEL}, tool_resources=tools.RESOURCES_ON_CREATE
)
_UPDATE = checks.record(_OPTIONAL, model=_MODEL, tool_resources=tools.RESOURCES)


def require_assistant(connection: Connection, assistant_id: str) -> Row:
    """The row of an assistant, or OpenAI's 404."""
    row: Row | None = connection.execute(
        "SELECT * FROM assistants WHERE id = ?", (assistant_id,)
    ).fetchone()
    if row is None:
        raise refusals.not_found(f"No assistant found with id '{assistant_id}'.")
    return row


def linked_files(connection: Connection, assistant_ids: Sequence[str]) -> dict[str, list[str]]:
    """The files of each assistant, from one query: those of its code interpreter, or all that it
    was given through the first API."""
    links: dict[str, list[str]] = {each: [] for each in assistant_ids}
    for link in connection.execute(
        "SELECT assistant_id, file_id FROM assistant_files"
        " WHERE assistant_id IN (SELECT value FROM json_each(?)) ORDER BY assistant_id, position",
        (json.dumps(list(assistant_ids)),),
    ):
        links[link["assistant_id"]].append(link["file_id"])
    return links


def answer(connection: Connection, rows: Sequence[Row]) -> list[Json]:
    """Assistants as JSON."""
    links = linked_files(connection, [row["id"] for row in rows])
    return [_answer(row, links[row["id"]]) for row in rows]


def _shown(connection: Connection, call: Call, rows: Sequence[Row]) -> list[Json]:
    """Assistants in the version that the client speaks."""
    made = answer(connection, rows)
    if not call.first_api:
        return made
    links = linked_files(connection, [row["id"] for row in rows])
    return [first_api.assistant(each, links[each["id"]]) for each in made]


def reasoning_effort(row: Row) -> str | None:
    """What an assistant was made with; it is accepted and never read back."""
    effort: str | None = json.loads(row["fields"]).get("reasoning_effort")
    return effort


def _answer(row: Row, file_ids: list[str]) -> Json:
    fields = json.loads(row["fields"])
    kinds = {tool["type"] for tool in fields["tools"]}
    resources: Json = {}
    if fields["code_interpreter"] or "code_interpreter" in kinds:
        resources["code_interpreter"] = {"file_ids": file_ids}
    if fields["vector_store_ids"] is not None or "file_search" in kinds:
        resources["file_search"] = {"vector_store_ids": fields["vector_store_ids"] or []}
    return {
        "id": row["id"],
        "object": "assistant",
        "created_at": row["created_at"],
        "model": row["model"],
        **{key: fields[key] for key in _DEFAULTS},
        "tools": [tools.read_back(tool) for tool in fields["tools"]],
        "tool_resources": resources,
    }


def _one(connection: Connection, call: Call, assistant_id: str) -> Json:
    return _shown(connection, call, [require_assistant(connection, assistant_id)])[0]


def _apply_resources(
    connection: Connection, call: Call, assistant_id: str, fields: Json, resources: Json | None
) -> None:
    """Put checked tool resources into ``fields`` and the table of files; None clears both."""
    given: Json = (
        {"code_interpreter": None, "file_search": None} if resources is None else resources
    )
    if "code_interpreter" in given:
        code = given["code_interpreter"]
        fields["code_interpreter"] = code is not None
        _link_files(connection, assistant_id, (code or {}).get("file_ids", []))
    if "file_search" in given:
        search = given["file_search"]
        ids = None if search is None else search_stores(connection, call, search)
        fields["vector_store_ids"] = ids


def _link_files(
    connection: Connection,
    assistant_id: str,
    file_ids: list[str],
    *,
    param: str = "tool_resources.code_interpreter.file_ids",
) -> None:
    connection.execute("DELETE FROM assistant_files WHERE assistant_id = ?", (assistant_id,))
    for position, file_id in enumerate(dict.fromkeys(file_ids)):
        if not connection.execute("SELECT 1 FROM files WHERE id = ?", (file_id,)).fetchone():
            raise refusals.not_found(f"No file found with id '{file_id}'.", param=param)
        connection.execute(
            "INSERT INTO assistant_files VALUES (?, ?, ?)", (assistant_id, position, file_id)
        )


def search_stores(
    connection: Connection, call: Call, search: Json, *, expires_after: Json | None = None
) -> list[str]:
    """The stores of a checked file_search resource; one that it describes is made on the way."""
    param = "tool_resources.file_search"
    for store_id in search.get("vector_store_ids", []):
        require_store(connection, store_id, param=f"{param}.vector_store_ids")
    made = [
        create_store(
            connection,
            call,
            {"expires_after": expires_after} | store,
            param=f"{param}.vector_stores[{index}].file_ids",
        )
        for index, store in enumerate(search.get("vector_stores", []))
    ]
    return [*search.get("vector_store_ids", []), *made]


def set_first_files(
    connection: Connection, call: Call, assistant_id: str, file_ids: list[str] | None
) -> None:
    """Give an assistant the files of the first API, None for those it has: the code interpreter
    finds them, and retrieval searches them in a vector store of the assistant's own."""
    row = require_assistant(connection, assistant_id)
    fields = json.loads(row["fields"])
    before = linked_files(connection, [assistant_id])[assistant_id]
    wanted = before if file_ids is None else list(dict.fromkeys(file_ids))
    searched = any(tool["type"] == "file_search" for tool in fields["tools"]) and wanted
    if wanted != before:
        _link_files(connection, assistant_id, wanted, param="file_ids")
    store_id = fields.get("first_store")
    if store_id and (not searched or wanted != before):
        connection.execute("DELETE FROM vector_stores WHERE id = ?", (store_id,))
        store_id = fields["vector_store_ids"] = None
    if searched and not store_id:
        store_id = create_store(connection, call, {"file_ids": wanted}, param="file_ids")
        fields["vector_store_ids"] = [store_id]
    _save(connection, assistant_id, row["model"], fields | {"first_store": store_id})


def _sent(call: Call, check: checks.Check) -> tuple[Json, list[str] | None]:
    """The checked request, and the ``file_ids`` of one in the first version."""
    body, file_ids = (
        first_api.upgraded_assistant(call.body) if call.first_api else (call.body, None)
    )
    return check(body, ""), file_ids


def _create(call: Call) -> Json:
    sent, file_ids = _sent(call, _CREATE)
    model, resources = sent.pop("model"), sent.pop("tool_resources", None)
    fields = {**_DEFAULTS, "code_interpreter": False, "vector_store_ids": None, **sent}
    assistant_id = new_id("asst_")
    with call.platform.write() as connection:
        connection.execute(
            "INSERT INTO assistants (id, created_at, model, fields) VALUES (?, ?, ?, '')",
            (assistant_id, call.now, model),
        )
        _apply_resources(connection, call, assistant_id, fields, resources)
        _save(connection, assistant_id, model, fields)
        if call.first_api:
            set_first_files(connection, call, assistant_id, file_ids)
        return _one(connection, call, assistant_id)


def _save(connection: Connection, assistant_id: str, model: str, fields: Json) -> None:
    connection.execute(
        "UPDATE assistants SET model = ?, fields = ? WHERE id = ?",
        (model, json.dumps(fields, ensure_ascii=False), assistant_id),
    )


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    with call.platform.read() as connection:
        rows, has_more = pages.fetch(connection, pages.Listing("assistants"), window)
        return pages.listed(_shown(connection, call, rows), has_more=has_more)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return _one(connection, call, call.path["assistant_id"])


def _update(call: Call) -> Json:
    sent, file_ids = _sent(call, _UPDATE)
    assistant_id = call.path["assistant_id"]
    with call.platform.write() as connection:
        row = require_assistant(connection, assistant_id)
        fields = json.loads(row["fields"])
        if "tool_resources" in sent:
            resources = sent.pop("tool_resources")
            _apply_resources(connection, call, assistant_id, fields, resources)
        model = sent.pop("model", row["model"])
        _save(connection, assistant_id, model, fields | sent)
        if call.first_api:
            set_first_files(connection, call, assistant_id, file_ids)
        return _one(connection, call, assistant_id)


def _delete(call: Call) -> Json:
    assistant_id = call.path["assistant_id"]
    with call.platform.write() as connection:
        require_assistant(connection, assistant_id)
        connection.execute("DELETE FROM assistants WHERE id = ?", (assistant_id,))
    return {"id": assistant_id, "object": "assistant.deleted", "deleted": True}


FAMILY = Family(
    schema=SCHEMA,
    routes=(
        post("/assistants", _create, beta=ASSISTANTS),
        get("/assistants", _list, beta=ASSISTANTS),
        get("/assistants/{assistant_id}", _retrieve, beta=ASSISTANTS),
        post("/assistants/{assistant_id}", _update, beta=ASSISTANTS),
        delete("/assistants/{assistant_id}", _delete, beta=ASSISTANTS),
    ),
)
