"""What happened in a session: its turns, its items, and what never happens here.

No subagents are made, and neither files nor traces are published on the embedded platform: those
lists are empty, and each ID that is asked for is unknown.
"""

from __future__ import annotations

import json

from retinue.local import pages, refusals
from retinue.local.calls import AGENTS, Call, Handler, Json
from retinue.local.database import Row
from retinue.local.family import Family, delete, get
from retinue.local.sessions import answers, rows

_SESSION = "/agents/sessions/{session_id}"
_TURN = _SESSION + "/turns/{turn_id}"


def _listing(table: str, **columns: str) -> pages.Listing:
    where = " AND ".join(f"{column} = :{column}" for column in columns)
    return pages.Listing(table, where=where, values=columns, cursor_where=where)


def _item(row: Row) -> Json:
    item: Json = json.loads(row["item"])
    return item


def _list_items(call: Call) -> Json:
    window, session_id = pages.window(call.query), call.path["session_id"]
    with call.platform.read() as connection:
        rows.require_session(connection, session_id)
        listing = _listing("agent_items", session_id=session_id)
        return pages.page(connection, listing, window, _item)


def _list_turns(call: Call) -> Json:
    window, session_id = pages.window(call.query), call.path["session_id"]
    with call.platform.read() as connection:
        rows.require_session(connection, session_id)
        listing = _listing("agent_turns", session_id=session_id)
        return pages.page(connection, listing, window, answers.turn)


def _retrieve_turn(call: Call) -> Json:
    with call.platform.read() as connection:
        turn = rows.require_turn(connection, call.path["session_id"], call.path["turn_id"])
        return answers.turn(turn)


def _list_turn_items(call: Call) -> Json:
    window = pages.window(call.query)
    with call.platform.read() as connection:
        turn = rows.require_turn(connection, call.path["session_id"], call.path["turn_id"])
        listing = _listing("agent_items", turn_id=turn["id"])
        return pages.page(connection, listing, window, _item)


def _list_nothing(call: Call) -> Json:
    pages.window(call.query)
    with call.platform.read() as connection:
        rows.require_session(connection, call.path["session_id"])
    return pages.listed([], has_more=False)


def _no(noun: str, key: str) -> Handler:
    """An endpoint of one subagent or artifact, of which there are none."""

    def refuse(call: Call) -> Json:
        with call.platform.read() as connection:
            rows.require_session(connection, call.path["session_id"])
        raise refusals.absent(noun, call.path[key])

    return refuse


_SUBAGENT = _SESSION + "/subagents/{subagent_id}"
_ARTIFACT = _SESSION + "/artifacts/{artifact_id}"
_no_subagent, _no_artifact = _no("subagent", "subagent_id"), _no("artifact", "artifact_id")

FAMILY = Family(
    routes=(
        get(_SESSION + "/items", _list_items, beta=AGENTS),
        get(_SESSION + "/turns", _list_turns, beta=AGENTS),
        get(_TURN, _retrieve_turn, beta=AGENTS),
        get(_TURN + "/items", _list_turn_items, beta=AGENTS),
        get(_SESSION + "/subagents", _list_nothing, beta=AGENTS),
        get(_SUBAGENT, _no_subagent, beta=AGENTS),
        get(_SUBAGENT + "/items", _no_subagent, beta=AGENTS),
        get(_SUBAGENT + "/turns", _no_subagent, beta=AGENTS),
        get(_SUBAGENT + "/turns/{turn_id}", _no_subagent, beta=AGENTS),
        get(_SUBAGENT + "/turns/{turn_id}/items", _no_subagent, beta=AGENTS),
        get(_SESSION + "/artifacts", _list_nothing, beta=AGENTS),
        get(_ARTIFACT, _no_artifact, beta=AGENTS),
        get(_ARTIFACT + "/content", _no_artifact, beta=AGENTS),
        delete(_ARTIFACT, _no_artifact, beta=AGENTS),
        get(_SESSION + "/traces", _list_nothing, beta=AGENTS),
    ),
)
