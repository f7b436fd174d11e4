"""/assistants/{id}/files, which only the first version of the Assistants API has."""

from __future__ import annotations

from retinue.local import checks, pages, refusals, shapes
from retinue.local.calls import ASSISTANTS, Call, Json
from retinue.local.database import Connection
from retinue.local.families import assistants
from retinue.local.family import Family, delete, get, post

_PATH = "/assistants/{assistant_id}/files"
_ONE = _PATH + "/{file_id}"
_FIRST = ASSISTANTS[1:]
_CREATE = checks.record(required={"file_id": shapes.ID})


def _answer(connection: Connection, assistant_id: str, file_id: str) -> Json:
    row = assistants.require_assistant(connection, assistant_id)
    # When a file was attached is not kept; the assistant's own time is the nearest to it.
    return {
        "id": file_id,
        "object": "assistant.file",
        "created_at": row["created_at"],
        "assistant_id": assistant_id,
    }


def _files(connection: Connection, call: Call) -> list[str]:
    assistant_id = call.path["assistant_id"]
    assistants.require_assistant(connection, assistant_id)
    return assistants.linked_files(connection, [assistant_id])[assistant_id]


def _list(call: Call) -> Json:
    with call.platform.read() as connection:
        found = _files(connection, call)
        shown = [_answer(connection, call.path["assistant_id"], each) for each in found]
        return pages.listed(shown, has_more=False)


def _create(call: Call) -> Json:
    file_id = _CREATE(call.body, "")["file_id"]
    with call.platform.write() as connection:
        before = _files(connection, call)
        assistant_id = call.path["assistant_id"]
        assistants.set_first_files(connection, call, assistant_id, [*before, file_id])
        return _answer(connection, assistant_id, file_id)


def _require(call: Call, file_ids: list[str]) -> str:
    file_id = call.path["file_id"]
    if file_id not in file_ids:
        assistant_id = call.path["assistant_id"]
        raise refusals.not_found(f"No file '{file_id}' found for assistant '{assistant_id}'.")
    return file_id


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        file_id = _require(call, _files(connection, call))
        return _answer(connection, call.path["assistant_id"], file_id)


def _delete(call: Call) -> Json:
    with call.platform.write() as connection:
        before = _files(connection, call)
        file_id = _require(call, before)
        kept = [each for each in before if each != file_id]
        assistants.set_first_files(connection, call, call.path["assistant_id"], kept)
    return {"id": file_id, "object": "assistant.file.deleted", "deleted": True}


FAMILY = Family(
    routes=(
        get(_PATH, _list, beta=_FIRST),
        post(_PATH, _create, beta=_FIRST),
        get(_ONE, _retrieve, beta=_FIRST),
        delete(_ONE, _delete, beta=_FIRST),
    ),
)
