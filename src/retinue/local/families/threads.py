"""/threads: create, read, change, delete.

A thread's messages, runs and steps go with it when it is deleted; its files and vector stores
stay. A store that is made on the way, for a thread or for a message's attachments, expires seven
days after its last use, as OpenAI documents.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from retinue.local import checks, first_api, refusals, shapes, tools
from retinue.local.calls import ASSISTANTS, Call, Json
from retinue.local.database import Connection, Row
from retinue.local.families.assistants import search_stores
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id

STORE_EXPIRY = {"anchor": "last_active_at", "days": 7}

SCHEMA = """
CREATE TABLE IF NOT EXISTS threads (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  code_files TEXT,
  store_ids TEXT
);
"""

_UPDATE = checks.record(metadata=shapes.METADATA, tool_resources=tools.RESOURCES)


def require_thread(connection: Connection, thread_id: str) -> Row:
    """The row of a thread, or OpenAI's 404."""
    row: Row | None = connection.execute(
        "SELECT * FROM threads WHERE id = ?", (thread_id,)
    ).fetchone()
    if row is None:
        raise refusals.not_found(f"No thread found with id '{thread_id}'.")
    return row


def answer(connection: Connection, row: Row) -> Json:
    """A thread as JSON. Files that were deleted since are left out."""
    resources: Json = {}
    if row["code_files"] is not None:
        file_ids = known_files(connection, json.loads(row["code_files"]))
        resources["code_interpreter"] = {"file_ids": file_ids}
    if row["store_ids"] is not None:
        resources["file_search"] = {"vector_store_ids": json.loads(row["store_ids"])}
    return {
        "id": row["id"],
        "object": "thread",
        "created_at": row["created_at"],
        "metadata": json.loads(row["metadata"]),
        "tool_resources": resources,
    }


def shown(connection: Connection, call: Call, thread_id: str) -> Json:
    """A thread in the version that the client speaks."""
    made = answer(connection, require_thread(connection, thread_id))
    return first_api.thread(made) if call.first_api else made


def known_files(connection: Connection, file_ids: Sequence[str]) -> list[str]:
    """Those of ``file_ids`` that still exist, in their order."""
    rows = connection.execute(
        "SELECT id FROM files WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(file_ids)),),
    )
    found = {row["id"] for row in rows}
    return [each for each in dict.fromkeys(file_ids) if each in found]


def insert_thread(connection: Connection, call: Call, fields: Json) -> str:
    """Make a thread from checked ``fields``, without its messages; gives its ID."""
    thread_id = new_id("thread_")
    connection.execute(
        "INSERT INTO threads (id, created_at, metadata) VALUES (?, ?, ?)",
        (thread_id, call.now, json.dumps(fields.get("metadata", {}))),
    )
    apply_resources(connection, call, thread_id, fields.get("tool_resources") or {})
    return thread_id


def apply_resources(connection: Connection, call: Call, thread_id: str, resources: Json) -> None:
    """Put checked tool resources into a thread, tool by tool."""
    if "code_interpreter" in resources:
        file_ids = (resources["code_interpreter"] or {}).get("file_ids", [])
        set_code_files(connection, thread_id, file_ids)
    if "file_search" in resources:
        search = resources["file_search"] or {}
        ids = search_stores(connection, call, search, expires_after=STORE_EXPIRY)
        set_stores(connection, thread_id, ids)


def set_code_files(connection: Connection, thread_id: str, file_ids: Sequence[str]) -> None:
    """Replace the files that the code interpreter has in a thread."""
    kept = known_files(connection, file_ids)
    lost = [each for each in file_ids if each not in kept]
    if lost:
        param = "tool_resources.code_interpreter.file_ids"
        raise refusals.not_found(f"No file found with id '{lost[0]}'.", param=param)
    connection.execute(
        "UPDATE threads SET code_files = ? WHERE id = ?", (json.dumps(kept), thread_id)
    )


def set_stores(connection: Connection, thread_id: str, store_ids: Sequence[str]) -> None:
    """Replace the vector stores that are searched in a thread."""
    connection.execute(
        "UPDATE threads SET store_ids = ? WHERE id = ?", (json.dumps(list(store_ids)), thread_id)
    )


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return shown(connection, call, call.path["thread_id"])


def _update(call: Call) -> Json:
    fields = _UPDATE(call.body, "")
    thread_id = call.path["thread_id"]
    with call.platform.write() as connection:
        require_thread(connection, thread_id)
        if "metadata" in fields:
            connection.execute(
                "UPDATE threads SET metadata = ? WHERE id = ?",
                (json.dumps(fields["metadata"]), thread_id),
            )
        apply_resources(connection, call, thread_id, fields.get("tool_resources") or {})
        return shown(connection, call, thread_id)


def _delete(call: Call) -> Json:
    thread_id = call.path["thread_id"]
    with call.platform.write() as connection:
        require_thread(connection, thread_id)
        connection.execute("DELETE FROM threads WHERE id = ?", (thread_id,))
    return {"id": thread_id, "object": "thread.deleted", "deleted": True}


FAMILY = Family(
    schema=SCHEMA,
    routes=(
        get("/threads/{thread_id}", _retrieve, beta=ASSISTANTS),
        post("/threads/{thread_id}", _update, beta=ASSISTANTS),
        delete("/threads/{thread_id}", _delete, beta=ASSISTANTS),
    ),
)
