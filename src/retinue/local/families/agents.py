"""/agents: saved agents. Create, list, read, change, delete.

What an update leaves out is kept and what it sends replaces the old value whole, but for
``experimental``; see ``agents.config``. There are no versions: two writers overwrite each other.
Deleting an agent leaves the sessions that were started from it alone.
"""

from __future__ import annotations

import json

from retinue.local import checks, pages, shapes
from retinue.local.agents import config, rows, tools
from retinue.local.calls import AGENTS, Call, Json
from retinue.local.database import Row
from retinue.local.family import Family, delete, get, post
from retinue.local.ids import new_id

_ONE = "/agents/{agent_id}"
_OWN: dict[str, checks.Check] = {
    "name": checks.nullable(checks.text(longest=128)),
    "metadata": shapes.METADATA,
    "tools": tools.SAVED,
}
_CREATE = checks.record({**config.FIELDS, **_OWN}, required={"model": config.MODEL})
_UPDATE = checks.record({**config.FIELDS, **_OWN}, model=config.MODEL)
_DEFAULTS = {"name": None, "metadata": {}, **config.DEFAULTS}


def _answer(row: Row) -> Json:
    return {
        "id": row["id"],
        "object": "agent",
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        **rows.configuration(row),
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
        return _answer(rows.require_agent(connection, call.path["agent_id"]))


def _update(call: Call) -> Json:
    sent = _UPDATE(call.body, "")
    agent_id = call.path["agent_id"]
    with call.platform.write() as connection:
        before = rows.configuration(rows.require_agent(connection, agent_id))
        row = connection.execute(
            "UPDATE agents SET updated_at = ?, model = ?, fields = ? WHERE id = ? RETURNING *",
            (call.now, *_columns(config.merged(before, sent)), agent_id),
        ).fetchone()
    return _answer(row)


def _delete(call: Call) -> Json:
    agent_id = call.path["agent_id"]
    with call.platform.write() as connection:
        rows.require_agent(connection, agent_id)
        connection.execute("DELETE FROM agents WHERE id = ?", (agent_id,))
    return {"id": agent_id, "object": "agent.deleted", "deleted": True}


FAMILY = Family(
    schema=rows.SCHEMA,
    routes=(
        post("/agents", _create, beta=AGENTS),
        get("/agents", _list, beta=AGENTS),
        get(_ONE, _retrieve, beta=AGENTS),
        post(_ONE, _update, beta=AGENTS),
        delete(_ONE, _delete, beta=AGENTS),
    ),
)
