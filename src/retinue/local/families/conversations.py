"""/conversations: create, read, change, delete; their items: add, list, read, delete."""

from __future__ import annotations

import json
from collections.abc import Callable

from retinue.local import checks, pages, refusals, shapes
from retinue.local.calls import Call, Json
from retinue.local.database import Connection, Row
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id
from retinue.local.responses import answers, items, rows

_ONE = "/conversations/{conversation_id}"
_ITEM = _ONE + "/items/{item_id}"
_ITEMS = checks.items(items.item, most=20)
_CREATE = checks.record(items=checks.nullable(_ITEMS, default=[]), metadata=shapes.METADATA)
_UPDATE = checks.record(required={"metadata": shapes.METADATA})
_ADD = checks.record(required={"items": _ITEMS})


def references(connection: Connection) -> Callable[[str], Json]:
    """How an ``item_reference`` is looked up: in conversations, then in responses."""

    def find(item_id: str) -> Json:
        row = connection.execute(
            "SELECT item FROM conversation_items WHERE id = :id"
            " UNION ALL SELECT item FROM response_inputs WHERE id = :id"
            " UNION ALL SELECT each.value FROM responses, json_each(responses.output) AS each"
            " WHERE each.value ->> 'id' = :id LIMIT 1",
            {"id": item_id},
        ).fetchone()
        if row is None:
            raise refusals.not_found(f"Item with id '{item_id}' not found.", param="input")
        found: Json = json.loads(row["item"])
        return found

    return find


def _answer(row: Row) -> Json:
    return {
        "id": row["id"],
        "object": "conversation",
        "created_at": row["created_at"],
        "metadata": json.loads(row["metadata"]),
    }


def _shown(call: Call, row: Row) -> Json:
    item: Json = answers.item(json.loads(row["item"]), call.included())
    return item


def _create(call: Call) -> Json:
    sent = _CREATE(call.body, "")
    conversation_id = new_id("conv_")
    with call.platform.write() as connection:
        connection.execute(
            "INSERT INTO conversations (id, created_at, metadata) VALUES (?, ?, ?)",
            (conversation_id, call.now, json.dumps(sent.get("metadata", {}))),
        )
        made = [items.stored(each, references(connection)) for each in sent.get("items", [])]
        rows.append_items(connection, conversation_id, made, call.now)
        return _answer(rows.require_conversation(connection, conversation_id))


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return _answer(rows.require_conversation(connection, call.path["conversation_id"]))


def _update(call: Call) -> Json:
    sent = _UPDATE(call.body, "")
    conversation_id = call.path["conversation_id"]
    with call.platform.write() as connection:
        rows.require_conversation(connection, conversation_id)
        connection.execute(
            "UPDATE conversations SET metadata = ? WHERE id = ?",
            (json.dumps(sent["metadata"]), conversation_id),
        )
        return _answer(rows.require_conversation(connection, conversation_id))


def _delete(call: Call) -> Json:
    conversation_id = call.path["conversation_id"]
    with call.platform.write() as connection:
        rows.require_conversation(connection, conversation_id)
        connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))
    return {"id": conversation_id, "object": "conversation.deleted", "deleted": True}


def _add_items(call: Call) -> Json:
    sent = _ADD(call.body, "")
    conversation_id = call.path["conversation_id"]
    with call.platform.write() as connection:
        rows.require_conversation(connection, conversation_id)
        made = [items.stored(each, references(connection)) for each in sent["items"]]
        rows.append_items(connection, conversation_id, made, call.now)
    shown = [answers.item(each, call.included()) for each in made]
    return pages.listed(shown, has_more=False)


def _list_items(call: Call) -> Json:
    window = pages.window(call.query)
    conversation_id = call.path["conversation_id"]
    where = "conversation_id = :conversation"
    listing = pages.Listing(
        "conversation_items",
        where=where,
        values={"conversation": conversation_id},
        cursor_where=where,
    )
    with call.platform.read() as connection:
        rows.require_conversation(connection, conversation_id)
        return pages.page(connection, listing, window, lambda row: _shown(call, row))


def _require_item(connection: Connection, call: Call) -> Row:
    conversation_id, item_id = call.path["conversation_id"], call.path["item_id"]
    rows.require_conversation(connection, conversation_id)
    row: Row | None = connection.execute(
        "SELECT * FROM conversation_items WHERE conversation_id = ? AND id = ?",
        (conversation_id, item_id),
    ).fetchone()
    if row is None:
        raise refusals.not_found(f"Conversation item with id '{item_id}' not found.")
    return row


def _retrieve_item(call: Call) -> Json:
    with call.platform.read() as connection:
        return _shown(call, _require_item(connection, call))


def _delete_item(call: Call) -> Json:
    with call.platform.write() as connection:
        row = _require_item(connection, call)
        connection.execute("DELETE FROM conversation_items WHERE seq = ?", (row["seq"],))
        return _answer(rows.require_conversation(connection, call.path["conversation_id"]))


FAMILY = Family(
    schema=rows.SCHEMA,
    routes=(
        post("/conversations", _create),
        get(_ONE, _retrieve),
        post(_ONE, _update),
        delete(_ONE, _delete),
        post(_ONE + "/items", _add_items),
        get(_ONE + "/items", _list_items),
        get(_ITEM, _retrieve_item),
        delete(_ITEM, _delete_item),
    ),
)
