"""/skills: upload, list, read, choose the default version, delete, download.

Name and description are those of the default version. Deleting a skill deletes its versions.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from retinue.local import blobs, calls, checks, pages
from retinue.local.calls import Call, Json
from retinue.local.family import Family, delete, get, post, route
from retinue.local.ids import new_id
from retinue.local.platform import Platform
from retinue.local.skills import versions
from retinue.local.skills.form import Upload, uploaded

_ONE = "/skills/{skill_id}"
_UPDATE = checks.record(required={"default_version": checks.text(pattern=versions.NUMBER)})


async def _create(request: Request) -> Response:
    async with uploaded(request) as upload:
        return JSONResponse(await run_in_threadpool(_made, calls.platform_of(request), upload))


def _made(platform: Platform, upload: Upload) -> Json:
    now = int(platform.clock())
    with platform.write() as connection:
        row = connection.execute(
            "INSERT INTO skills (id, created_at, default_version, latest_version, made)"
            " VALUES (?, ?, 1, 1, 1) RETURNING *",
            (new_id("skill_"), now),
        ).fetchone()
        versions.add_version(connection, upload, of=(row["id"], 1), now=now)
        return versions.describe_skill(connection, row)


def _list(call: Call) -> Json:
    window = pages.window(call.query, least=0)
    with call.platform.read() as connection:
        rows, has_more = pages.fetch(connection, pages.Listing("skills"), window)
        skills = [versions.describe_skill(connection, row) for row in rows]
        return pages.listed(skills, has_more=has_more)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        row = versions.require_skill(connection, call.path["skill_id"])
        return versions.describe_skill(connection, row)


def _update(call: Call) -> Json:
    number = _UPDATE(call.body, "")["default_version"]
    skill_id = call.path["skill_id"]
    with call.platform.write() as connection:
        versions.require_version(connection, skill_id, number)
        row = connection.execute(
            "UPDATE skills SET default_version = ? WHERE id = ? RETURNING *",
            (int(number), skill_id),
        ).fetchone()
        return versions.describe_skill(connection, row)


def _delete(call: Call) -> Json:
    skill_id = call.path["skill_id"]
    with call.platform.write() as connection:
        versions.require_skill(connection, skill_id)
        connection.execute("DELETE FROM skills WHERE id = ?", (skill_id,))
    blobs.collect(call.platform.database, now=call.now)
    return {"id": skill_id, "object": "skill.deleted", "deleted": True}


FAMILY = Family(
    schema=versions.SCHEMA,
    routes=(
        route("POST", "/skills", _create),
        get("/skills", _list),
        get(_ONE, _retrieve),
        post(_ONE, _update),
        delete(_ONE, _delete),
    ),
)
