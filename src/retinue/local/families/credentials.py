"""/vaults/{id}/credentials: create, list, read, rotate, delete. No secret is ever kept.

Only secrets and metadata can be changed; for all else a new credential has to be made.
"""

from __future__ import annotations

import json

from retinue.local import checks, pages
from retinue.local.calls import AGENTS, Call, Json
from retinue.local.database import Connection, Row
from retinue.local.families.vaults import listed_where, require_vault
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id
from retinue.local.refusals import absent
from retinue.local.vaults import fields

SCHEMA = """
CREATE TABLE IF NOT EXISTS credentials (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  vault_id TEXT NOT NULL REFERENCES vaults (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  name TEXT NOT NULL,
  auth TEXT NOT NULL,
  metadata TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS credentials_order ON credentials (vault_id, created_at);
""" + pages.tombstone_trigger("credentials")

_ALL = "/vaults/{vault_id}/credentials"
_ONE = _ALL + "/{credential_id}"
_CREATE = checks.record(
    required={"name": fields.name, "auth": fields.AUTH}, metadata=fields.metadata
)
_UPDATE = checks.record(auth=fields.ROTATION, metadata=fields.metadata)


def _require(connection: Connection, call: Call) -> Row:
    vault_id, credential_id = call.path["vault_id"], call.path["credential_id"]
    require_vault(connection, vault_id)
    row: Row | None = connection.execute(
        "SELECT * FROM credentials WHERE id = ? AND vault_id = ?", (credential_id, vault_id)
    ).fetchone()
    if row is None:
        raise absent("credential", credential_id)
    return row


def _answer(row: Row) -> Json:
    return {
        "id": row["id"],
        "object": "vault.credential",
        "vault_id": row["vault_id"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "name": row["name"],
        "auth": json.loads(row["auth"]),
        "metadata": json.loads(row["metadata"]),
    }


def _create(call: Call) -> Json:
    sent = _CREATE(call.body, "")
    vault_id = call.path["vault_id"]
    with call.platform.write() as connection:
        require_vault(connection, vault_id)
        row = connection.execute(
            "INSERT INTO credentials (id, vault_id, created_at, updated_at, name, auth, metadata)"
            " VALUES (:id, :vault, :now, :now, :name, :auth, :metadata) RETURNING *",
            {
                "id": new_id("cred_"),
                "vault": vault_id,
                "now": call.now,
                "name": sent["name"],
                "auth": json.dumps(fields.without_secrets(sent["auth"])),
                "metadata": json.dumps(sent.get("metadata", {})),
            },
        ).fetchone()
    return _answer(row)


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    where, values = listed_where(call)
    vault_id = call.path["vault_id"]
    with call.platform.read() as connection:
        require_vault(connection, vault_id)
        listing = pages.Listing(
            "credentials",
            f"vault_id = :vault AND ({where})",
            {**values, "vault": vault_id},
            cursor_where="vault_id = :vault",
        )
        return pages.page(connection, listing, window, _answer)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return _answer(_require(connection, call))


def _update(call: Call) -> Json:
    sent = _UPDATE(call.body, "")
    with call.platform.write() as connection:
        row = _require(connection, call)
        auth = json.loads(row["auth"])
        kept = fields.rotated(auth, sent["auth"]) if "auth" in sent else auth
        metadata = json.dumps(sent["metadata"]) if "metadata" in sent else row["metadata"]
        row = connection.execute(
            "UPDATE credentials SET updated_at = ?, auth = ?, metadata = ? WHERE id = ?"
            " RETURNING *",
            (call.now, json.dumps(kept), metadata, row["id"]),
        ).fetchone()
    return _answer(row)


def _delete(call: Call) -> Json:
    with call.platform.write() as connection:
        row = _require(connection, call)
        connection.execute("DELETE FROM credentials WHERE id = ?", (row["id"],))
    return {"id": row["id"], "object": "vault.credential.deleted", "deleted": True}


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
