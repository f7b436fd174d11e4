"""/agents: saved agents. Create, list, read, change, delete.

What an update leaves out is kept and what it sends replaces the old value whole, but for
``experimental``; see ``agents.config``. There are no versions: two writers overwrite each other.
Deleting an agent leaves the sessions that were started from it alone.
"""

from __future__ import annotations

import json

from retinue.local import checks, pages, refusals, shapes
from retinue.local.agents import config, tools
from retinue.local.calls import AGENTS, Call, Json
from retinue.local.database import Connection, Row
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id
from retinue.local.lookups import require

SCHEMA = """
CREATE TABLE IF NOT EXISTS agents (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  model TEXT NOT NULL,
  fields TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS agents_order ON agents (created_at);
CREATE INDEX IF NOT EXISTS agents_model ON agents (model, created_at);
""" + pages.tombstone_trigger("agents")

_ONE = "/agents/{agent_id}"
_OWN: dict[str, checks.Check] = {
    "name": checks.nullable(checks.text(longest=128)),
    "metadata": shapes.METADATA,
    "tools": tools.SAVED,
}
_CREATE = checks.record({**config.FIELDS, **_OWN}, required={"model": config.MODEL})
_UPDATE = checks.record({**config.FIELDS, **_OWN}, model=config.MODEL)
_DEFAULTS = {"name": None, "metadata": {}, **config.DEFAULTS}


def require_agent(connection: Connection, agent_id: str, *, param: str | None = None) -> Row:
    """The row of a saved agent. Raises the API's 404, or its 400 for the agent that a session has
    of its own."""
    local = "SELECT 1 FROM agent_sessions WHERE agent_id = ? AND agent_is_local"
    if connection.execute(local, (agent_id,)).fetchone():
        raise refusals.Refusal(
            f"The agent '{agent_id}' belongs to a session; it is not saved.",
            code="agent_not_persisted",
            param=param,
        )
    return require(connection, "agents", "agent", agent_id, param=param)


def configuration(row: Row) -> Json:
    """The resolved configuration of a saved agent, with its name, its model and its metadata."""
    fields: Json = json.loads(row["fields"])
    return {"model": row["model"], **fields}


def _answer(row: Row) -> Json:
    return {
        "id": row["id"],
        "object": "agent",
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        **configuration(row),
    }


def _columns(fields: Json) -> tuple[str, str]:
    """A configuration as it is stored: the model, and all the rest."""
    kept = {key: value for key, value in fields.items() if key != "model"}
    return fields["model"], json.dumps(kept, ensure_ascii=False)


def _create(call: Call) -> Json:
    fields = config.merged(_DEFAULTS, _CREATE(call.body, ""))
    with call.platform.write() as connection:
        row = connection.execute(
            "INSERT INTO agents (id, created_at, updated_at, model, fields)"
            " VALUES (?, ?, ?, ?, ?) RETURNING *",
            (new_id("agt_"), call.now, call.now, *_columns(fields)),
        ).fetchone()
    return _answer(row)


def _list(call: Call) -> Json:
    window = pages.window(call.query)
    with call.platform.read() as connection:
        return pages.page(connection, pages.Listing("agents"), window, _answer)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return _answer(require_agent(connection, call.path["agent_id"]))


def _update(call: Call) -> Json:
    sent = _UPDATE(call.body, "")
    agent_id = call.path["agent_id"]
    with call.platform.write() as connection:
        before = configuration(require_agent(connection, agent_id))
        row = connection.execute(
            "UPDATE agents SET updated_at = ?, model = ?, fields = ? WHERE id = ? RETURNING *",
            (call.now, *_columns(config.merged(before, sent)), agent_id),
        ).fetchone()
    return _answer(row)


def _delete(call: Call) -> Json:
    agent_id = call.path["agent_id"]
    with call.platform.write() as connection:
        require_agent(connection, agent_id)
        connection.execute("DELETE FROM agents WHERE id = ?", (agent_id,))
    return {"id": agent_id, "object": "agent.deleted", "deleted": True}


FAMILY = Family(
    schema=SCHEMA,
    routes=(
        post("/agents", _create, beta=AGENTS),
        get("/agents", _list, beta=AGENTS),
        get(_ONE, _retrieve, beta=AGENTS),
        post(_ONE, _update, beta=AGENTS),
        delete(_ONE, _delete, beta=AGENTS),
    ),
)
