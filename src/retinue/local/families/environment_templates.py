"""/agents/environments/templates: create, list, read, change, delete.

What an update leaves out is kept. Templates carry no metadata. Deleting one leaves the environments
that were made from it alone.
"""

from __future__ import annotations

import json

from retinue.local import pages
from retinue.local.calls import AGENTS, Call, Json
from retinue.local.database import Connection, Row
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id
from retinue.local.lookups import require
from retinue.local.sessions import templates

SCHEMA = """
CREATE TABLE IF NOT EXISTS environment_templates (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  fields TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS environment_templates_order ON environment_templates (created_at);
""" + pages.tombstone_trigger("environment_templates")

_ALL = "/agents/environments/templates"
_ONE = _ALL + "/{template_id}"


def _require(connection: Connection, call: Call) -> Row:
    template_id = call.path["template_id"]
    return require(connection, "environment_templates", "environment template", template_id)


def _answer(row: Row) -> Json:
    return {
        "id": row["id"],
        "object": "agent.environment.template",
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        **json.loads(row["fields"]),
    }


def _create(call: Call) -> Json:
    sent = templates.CHECK(call.body, "")
    fields = {**templates.DEFAULTS, **templates.kept(sent)}
    with call.platform.write() as connection:
        templates.check_references(connection, sent)
        row = connection.execute(
            "INSERT INTO environment_templates (id, created_at, updated_at, fields)"
            " VALUES (?, ?, ?, ?) RETURNING *",
            (new_id("envtpl_"), call.now, call.now, json.dumps(fields, ensure_ascii=False)),
        ).fetchone()
    return _answer(row)


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    with call.platform.read() as connection:
        return pages.page(connection, pages.Listing("environment_templates"), window, _answer)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return _answer(_require(connection, call))


def _update(call: Call) -> Json:
    sent = templates.CHECK(call.body, "")
    with call.platform.write() as connection:
        row = _require(connection, call)
        templates.check_references(connection, sent)
        fields = {**json.loads(row["fields"]), **templates.kept(sent)}
        row = connection.execute(
            "UPDATE environment_templates SET updated_at = ?, fields = ? WHERE id = ? RETURNING *",
            (call.now, json.dumps(fields, ensure_ascii=False), row["id"]),
        ).fetchone()
    return _answer(row)


def _delete(call: Call) -> Json:
    with call.platform.write() as connection:
        row = _require(connection, call)
        connection.execute("DELETE FROM environment_templates WHERE id = ?", (row["id"],))
    return {"id": row["id"], "object": "agent.environment.template.deleted", "deleted": True}


FAMILY = Family(
    schema=SCHEMA,
    routes=(
        post(_ALL, _create, beta=AGENTS),
        get(_ALL, _list, beta=AGENTS),
        get(_ONE, _retrieve, beta=AGENTS),
        post(_ONE, _update, beta=AGENTS),
        delete(_ONE, _delete, beta=AGENTS),
    ),
)
