"""/threads/{id}/runs/{id}/steps: list and read what a run did."""

from __future__ import annotations

from retinue.local import first_api, pages, refusals
from retinue.local.calls import ASSISTANTS, Call, Json
from retinue.local.database import Row
from retinue.local.family import Family, get
from retinue.local.runs import answers, rows
from retinue.local.runs.calls import CONTENT

_PATH = "/threads/{thread_id}/runs/{run_id}/steps"


def _include(call: Call) -> frozenset[str]:
    asked = call.included()
    for each in asked:
        if each != CONTENT:
            raise refusals.not_one_of("include[]", each, [CONTENT])
    return asked


def _shown(call: Call, row: Row, include: frozenset[str]) -> Json:
    answer = answers.step(row, include)
    return first_api.step(answer) if call.first_api else answer


def _list(call: Call) -> Json:
    window, include = pages.window(call.query), _include(call)
    thread_id, run_id = call.path["thread_id"], call.path["run_id"]
    where = "run_id = :run"
    listing = pages.Listing("run_steps", where=where, values={"run": run_id}, cursor_where=where)
    with call.platform.read() as connection:
        rows.require_run(connection, thread_id, run_id)
        return pages.page(connection, listing, window, lambda row: _shown(call, row, include))


def _retrieve(call: Call) -> Json:
    step_id, include = call.path["step_id"], _include(call)
    with call.platform.read() as connection:
        run = rows.require_run(connection, call.path["thread_id"], call.path["run_id"])
        row = connection.execute(
            "SELECT * FROM run_steps WHERE id = ? AND run_id = ?", (step_id, run["id"])
        ).fetchone()
    if row is None:
        raise refusals.not_found(f"No run step found with id '{step_id}'.")
    return _shown(call, row, include)


FAMILY = Family(
    routes=(
        get(_PATH, _list, beta=ASSISTANTS),
        get(_PATH + "/{step_id}", _retrieve, beta=ASSISTANTS),
    )
)
