"""/threads/{id}/messages, and POST /threads, which may bring messages along.

While a run is active nobody but the run adds messages. Attachments serve the thread: those for
file_search go into its vector store, those for code_interpreter to its files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from retinue.local import attachments, checks, first_api, pages, refusals, said, shapes, tools
from retinue.local.attachments import Attachment
from retinue.local.calls import ASSISTANTS, Call, Json
from retinue.local.database import Connection, Row
from retinue.local.families import threads
from retinue.local.families.vector_stores import create_store, touch
from retinue.local.family import Family, delete, get, post
from retinue.local.file_rows import require_file
from retinue.local.ids import new_id

_PATH = "/threads/{thread_id}/messages"
_ONE = _PATH + "/{message_id}"

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  attachments TEXT NOT NULL DEFAULT '[]',
  metadata TEXT NOT NULL DEFAULT '{}',
  assistant_id TEXT,
  run_id TEXT,
  status TEXT NOT NULL DEFAULT 'completed',
  ended_at INTEGER,
  incomplete_reason TEXT
);
CREATE INDEX IF NOT EXISTS messages_order ON messages (thread_id, created_at);
CREATE INDEX IF NOT EXISTS messages_open ON messages (run_id) WHERE status = 'in_progress';
""" + pages.tombstone_trigger("messages")

THREAD_FIELDS = {
    "messages": checks.nullable(checks.items(said.MESSAGE, most=1000), default=[]),
    "metadata": shapes.METADATA,
    "tool_resources": tools.RESOURCES_ON_CREATE,
}
_THREAD = checks.record(THREAD_FIELDS)
_UPDATE = checks.record(metadata=shapes.METADATA)


def require_message(connection: Connection, thread_id: str, message_id: str) -> Row:
    """The row of a message, or OpenAI's 404."""
    row: Row | None = connection.execute(
        "SELECT * FROM messages WHERE id = ? AND thread_id = ?", (message_id, thread_id)
    ).fetchone()
    if row is None:
        raise refusals.not_found(f"No message found with id '{message_id}'.")
    return row


def answer(row: Row) -> Json:
    """A message as JSON."""
    status = row["status"]
    reason = row["incomplete_reason"]
    return {
        "id": row["id"],
        "object": "thread.message",
        "created_at": row["created_at"],
        "thread_id": row["thread_id"],
        "status": status,
        "incomplete_details": {"reason": reason} if reason else None,
        "completed_at": row["ended_at"] if status == "completed" else None,
        "incomplete_at": row["ended_at"] if status == "incomplete" else None,
        "role": row["role"],
        "content": json.loads(row["content"]),
        "assistant_id": row["assistant_id"],
        "run_id": row["run_id"],
        "attachments": json.loads(row["attachments"]),
        "metadata": json.loads(row["metadata"]),
    }


def shown(call: Call, row: Row) -> Json:
    """A message in the version that the client speaks."""
    return first_api.message(answer(row)) if call.first_api else answer(row)


def upgraded(call: Call, messages: object) -> object:
    """Messages within another request, in version 2's terms."""
    if not call.first_api or not isinstance(messages, list):
        return messages
    return [
        first_api.upgraded_message(each) if isinstance(each, dict) else each for each in messages
    ]


def insert_messages(
    connection: Connection, call: Call, thread_id: str, messages: Sequence[Json]
) -> list[str]:
    """Add checked messages to a thread, with their attachments; gives their IDs."""
    ids = []
    for fields in messages:
        _check_images(connection, fields["content"])
        _attach(connection, call, thread_id, fields.get("attachments", []))
        message_id = new_id("msg_")
        connection.execute(
            "INSERT INTO messages (id, thread_id, created_at, role, content, attachments,"
            " metadata) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(message_id, thread_id, call.now, fields["role"]),
                json.dumps(fields["content"], ensure_ascii=False),
                json.dumps(fields.get("attachments", [])),
                json.dumps(fields.get("metadata", {})),
            ),
        )
        ids.append(message_id)
    return ids


def _check_images(connection: Connection, content: Sequence[Json]) -> None:
    for part in content:
        if part["type"] == "image_file":
            require_file(connection, part["image_file"]["file_id"])


def _attach(connection: Connection, call: Call, thread_id: str, attached: Sequence[Json]) -> None:
    wanted: dict[str, list[str]] = {"code_interpreter": [], "file_search": []}
    for each in attached:
        require_file(connection, each["file_id"])
        for tool in each.get("tools", []):
            wanted[tool["type"]].append(each["file_id"])
    thread = threads.require_thread(connection, thread_id)
    if wanted["code_interpreter"]:
        before = threads.known_files(connection, json.loads(thread["code_files"] or "[]"))
        threads.set_code_files(connection, thread_id, before + wanted["code_interpreter"])
    if wanted["file_search"]:
        _index(connection, call, thread, wanted["file_search"])


def _index(connection: Connection, call: Call, thread: Row, file_ids: Sequence[str]) -> None:
    """Put files into the thread's vector store; one that is gone or expired is replaced."""
    for store_id in json.loads(thread["store_ids"] or "[]"):
        row = connection.execute(
            "SELECT 1 FROM vector_stores WHERE id = ? AND NOT expired", (store_id,)
        ).fetchone()
        if row is not None:
            break
    else:
        expiry = {"expires_after": threads.STORE_EXPIRY}
        store_id = create_store(connection, call, expiry, param="attachments")
        threads.set_stores(connection, thread["id"], [store_id])
    wanted = [Attachment(file_id) for file_id in file_ids]
    attachments.attach(connection, call, store_id, wanted, param="attachments")
    touch(connection, store_id, call.now)


def refuse_while_running(connection: Connection, thread_id: str) -> None:
    """Nobody but a run adds messages while it is active."""
    run = connection.execute(
        "SELECT id FROM runs WHERE thread_id = ? AND status IN"
        " ('queued', 'in_progress', 'requires_action', 'cancelling')",
        (thread_id,),
    ).fetchone()
    if run is not None:
        raise refusals.Refusal(
            f"Can't add messages to {thread_id} while a run {run['id']} is active."
        )


def create_thread(connection: Connection, call: Call, fields: Json) -> str:
    """Make a thread with its messages from checked ``fields``; gives its ID."""
    thread_id = threads.insert_thread(connection, call, fields)
    insert_messages(connection, call, thread_id, fields.get("messages", []))
    return thread_id


def _create_thread(call: Call) -> Json:
    body = dict(call.body)
    if "messages" in body:
        body["messages"] = upgraded(call, body["messages"])
    fields = _THREAD(body, "")
    with call.platform.write() as connection:
        return threads.shown(connection, call, create_thread(connection, call, fields))


def _create(call: Call) -> Json:
    fields = said.MESSAGE(
        first_api.upgraded_message(call.body) if call.first_api else call.body, ""
    )
    thread_id = call.path["thread_id"]
    with call.platform.write() as connection:
        threads.require_thread(connection, thread_id)
        refuse_while_running(connection, thread_id)
        (message_id,) = insert_messages(connection, call, thread_id, [fields])
        return shown(call, require_message(connection, thread_id, message_id))


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    thread_id, run_id = call.path["thread_id"], call.query.get("run_id")
    of_run = " AND run_id = :run" if run_id else ""
    listing = pages.Listing(
        "messages",
        where="thread_id = :thread" + of_run,
        values={"thread": thread_id, "run": run_id},
        cursor_where="thread_id = :thread",
    )
    with call.platform.read() as connection:
        threads.require_thread(connection, thread_id)
        return pages.page(connection, listing, window, lambda row: shown(call, row))


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        row = require_message(connection, call.path["thread_id"], call.path["message_id"])
        return shown(call, row)


def _update(call: Call) -> Json:
    fields = _UPDATE(call.body, "")
    thread_id, message_id = call.path["thread_id"], call.path["message_id"]
    with call.platform.write() as connection:
        require_message(connection, thread_id, message_id)
        if "metadata" in fields:
            connection.execute(
                "UPDATE messages SET metadata = ? WHERE id = ?",
                (json.dumps(fields["metadata"]), message_id),
            )
        return shown(call, require_message(connection, thread_id, message_id))


def _delete(call: Call) -> Json:
    thread_id, message_id = call.path["thread_id"], call.path["message_id"]
    with call.platform.write() as connection:
        require_message(connection, thread_id, message_id)
        connection.execute("DELETE FROM messages WHERE id = ?", (message_id,))
    return {"id": message_id, "object": "thread.message.deleted", "deleted": True}


FAMILY = Family(
    schema=SCHEMA,
    routes=(
        post("/threads", _create_thread, beta=ASSISTANTS),
        post(_PATH, _create, beta=ASSISTANTS),
        get(_PATH, _list, beta=ASSISTANTS),
        get(_ONE, _retrieve, beta=ASSISTANTS),
        post(_ONE, _update, beta=ASSISTANTS),
        delete(_ONE, _delete, beta=ASSISTANTS),
    ),
)
