"""/vector_stores/{id}/files: attach, list, read, change attributes, read the text, detach.

Detaching leaves the file itself. The parsed content is the text that was indexed, without the
chunks' overlap; until a file is completed there is none.
"""

from __future__ import annotations

import json

from retinue.local import attachments, checks, refusals, shapes
from retinue.local.attachments import Attachment
from retinue.local.calls import Call, Json
from retinue.local.database import Connection
from retinue.local.families.vector_stores import require_open_store, require_store, touch
from retinue.local.family import Family, delete, get, post
from retinue.local.search import content

_PATH = "/vector_stores/{vector_store_id}/files"

SCHEMA = (
    attachments.SCHEMA
    + """
CREATE TRIGGER IF NOT EXISTS vector_stores_emptied AFTER UPDATE OF expired ON vector_stores
WHEN NEW.expired BEGIN
  DELETE FROM attachments WHERE store_id = NEW.id;
END;
"""
)

STRATEGY = checks.nullable(shapes.chunking, default=shapes.AUTO_CHUNKS)
ATTACH = checks.record(
    required={"file_id": shapes.ID}, attributes=shapes.ATTRIBUTES, chunking_strategy=STRATEGY
)
_UPDATE = checks.record(required={"attributes": shapes.ATTRIBUTES})


def attachment(fields: Json) -> Attachment:
    """What checked ``fields`` of an attach request ask for."""
    return Attachment(
        fields["file_id"],
        attributes=fields.get("attributes", {}),
        chunks=fields.get("chunking_strategy", shapes.AUTO_CHUNKS),
    )


def _one(connection: Connection, call: Call, file_id: str) -> Json:
    store_id = call.path["vector_store_id"]
    row = attachments.require_attachment(connection, store_id, file_id)
    return attachments.answer(row, call.moment)


def _create(call: Call) -> Json:
    fields = ATTACH(call.body, "")
    store_id = call.path["vector_store_id"]
    with call.platform.write() as connection:
        require_open_store(connection, store_id)
        attachments.attach(connection, call, store_id, [attachment(fields)], param="file_id")
        touch(connection, store_id, call.now)
        return _one(connection, call, fields["file_id"])


def _list(call: Call) -> Json:
    with call.platform.read() as connection:
        store = require_store(connection, call.path["vector_store_id"])
        return attachments.page(connection, call, store["id"])


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        require_store(connection, call.path["vector_store_id"])
        return _one(connection, call, call.path["file_id"])


def _update(call: Call) -> Json:
    fields = _UPDATE(call.body, "")
    store_id, file_id = call.path["vector_store_id"], call.path["file_id"]
    with call.platform.write() as connection:
        require_store(connection, store_id)
        attachments.require_attachment(connection, store_id, file_id)
        connection.execute(
            "UPDATE attachments SET attributes = ? WHERE store_id = ? AND file_id = ?",
            (json.dumps(fields["attributes"]), store_id, file_id),
        )
        touch(connection, store_id, call.now)
        return _one(connection, call, file_id)


def _delete(call: Call) -> Json:
    store_id, file_id = call.path["vector_store_id"], call.path["file_id"]
    with call.platform.write() as connection:
        require_store(connection, store_id)
        attachments.require_attachment(connection, store_id, file_id)
        connection.execute(
            "DELETE FROM attachments WHERE store_id = ? AND file_id = ?", (store_id, file_id)
        )
        touch(connection, store_id, call.now)
    return {"id": file_id, "object": "vector_store.file.deleted", "deleted": True}


def _content(call: Call) -> Json:
    """The text in parts; ``page`` is the token of the next ones."""
    first = _page_number(call.query.get("page", "0"))
    store_id, file_id = call.path["vector_store_id"], call.path["file_id"]
    with call.platform.read() as connection:
        require_store(connection, store_id)
        row = attachments.require_attachment(connection, store_id, file_id)
        page = content.page(connection, row["seq"], first)
    return {
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": text} for text in page.parts],
        "has_more": page.next_chunk is not None,
        "next_page": None if page.next_chunk is None else str(page.next_chunk),
    }


def _page_number(token: str) -> int:
    if not token.isdecimal() or len(token) > 9:
        raise refusals.invalid("page", "not a token that this endpoint gave out.")
    return int(token)


FAMILY = Family(
    schema=SCHEMA,
    routes=(
        post(_PATH, _create),
        get(_PATH, _list),
        get(_PATH + "/{file_id}", _retrieve),
        post(_PATH + "/{file_id}", _update),
        delete(_PATH + "/{file_id}", _delete),
        get(_PATH + "/{file_id}/content", _content),
    ),
)
