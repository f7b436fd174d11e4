"""/vaults: create, list, read, change, delete.

A vault takes its credentials along when it is deleted. None is ever archived here: the filter for
it is understood, and finds nothing.
"""

from __future__ import annotations

import json

from retinue.local import checks, pages, shapes
from retinue.local.calls import AGENTS, Call, Json
from retinue.local.database import Connection, Row
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id
from retinue.local.lookups import require
from retinue.local.vaults import fields

SCHEMA = """
CREATE TABLE IF NOT EXISTS vaults (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  name TEXT,
  metadata TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS vaults_order ON vaults (created_at);
""" + pages.tombstone_trigger("vaults")

_ONE = "/vaults/{vault_id}"
_CREATE = checks.record(name=fields.name, metadata=shapes.METADATA)
_UPDATE = checks.record(name=checks.nullable(fields.name), metadata=fields.metadata)
_STATUS = checks.choice("active", "archived")


def require_vault(connection: Connection, vault_id: str, *, param: str | None = None) -> Row:
    """The row of a vault, or the API's 404."""
    return require(connection, "vaults", "vault", vault_id, param=param)


def listed_where(call: Call) -> tuple[str, dict[str, str]]:
    """The condition of a list of vaults or credentials, from its filters."""
    where, values = pages.with_metadata(call.query)
    wanted = {_STATUS(v, k) for k, v in call.query.multi_items() if k in ("status", "status[]")}
    return (where if wanted != {"archived"} else f"({where}) AND 0"), values


def _answer(row: Row) -> Json:
    return {
        "id": row["id"],
        "object": "vault",
        "created_at": row["created_at"],
        "name": row["name"],
        "metadata": json.loads(row["metadata"]),
    }


def _create(call: Call) -> Json:
    sent = _CREATE(call.body, "")
    with call.platform.write() as connection:
        row = connection.execute(
            "INSERT INTO vaults (id, created_at, name, metadata) VALUES (?, ?, ?, ?) RETURNING *",
            (new_id("vault_"), call.now, sent.get("name"), json.dumps(sent.get("metadata", {}))),
        ).fetchone()
    return _answer(row)


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    where, values = listed_where(call)
    with call.platform.read() as connection:
        listing = pages.Listing("vaults", where, values)
        return pages.page(connection, listing, window, _answer)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return _answer(require_vault(connection, call.path["vault_id"]))


def _update(call: Call) -> Json:
    sent = _UPDATE(call.body, "")
    vault_id = call.path["vault_id"]
    with call.platform.write() as connection:
        row = require_vault(connection, vault_id)
        metadata = json.dumps(sent["metadata"]) if "metadata" in sent else row["metadata"]
        row = connection.execute(
            "UPDATE vaults SET name = ?, metadata = ? WHERE id = ? RETURNING *",
            (sent.get("name", row["name"]), metadata, vault_id),
        ).fetchone()
    return _answer(row)


def _delete(call: Call) -> Json:
    vault_id = call.path["vault_id"]
    with call.platform.write() as connection:
        require_vault(connection, vault_id)
        connection.execute("DELETE FROM vaults WHERE id = ?", (vault_id,))
    return {"id": vault_id, "object": "vault.deleted", "deleted": True}


FAMILY = Family(
    schema=SCHEMA,
    routes=(
        post("/vaults", _create, beta=AGENTS),
        get("/vaults", _list, beta=AGENTS),
        get(_ONE, _retrieve, beta=AGENTS),
        post(_ONE, _update, beta=AGENTS),
        delete(_ONE, _delete, beta=AGENTS),
    ),
)
