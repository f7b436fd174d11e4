"""/skills/{id}/versions: upload, list, read, delete; and the zip of a skill or of a version.

The default version can't be deleted: what refers to the skill would be left without any.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from retinue.local import blobs, calls, pages, refusals
from retinue.local.calls import Call, Json
from retinue.local.database import Row
from retinue.local.family import Family, delete, get, route
from retinue.local.platform import Platform
from retinue.local.skills import versions
from retinue.local.skills.form import Upload, uploaded

_SKILL = "/skills/{skill_id}"
_ALL = _SKILL + "/versions"
_ONE = _ALL + "/{version}"


async def _create(request: Request) -> Response:
    platform, skill_id = calls.platform_of(request), request.path_params["skill_id"]
    async with uploaded(request, flag="default") as upload:
        return JSONResponse(await run_in_threadpool(_made, platform, upload, skill_id))


def _made(platform: Platform, upload: Upload, skill_id: str) -> Json:
    with platform.write() as connection:
        number = versions.require_skill(connection, skill_id)["made"] + 1
        connection.execute(
            "UPDATE skills SET latest_version = :number, made = :number,"
            " default_version = iif(:default, :number, default_version) WHERE id = :id",
            {"number": number, "default": upload.flag, "id": skill_id},
        )
        row = versions.add_version(
            connection, upload, of=(skill_id, number), now=int(platform.clock())
        )
    return versions.describe_version(row)


def _list(call: Call) -> Json:
    window = pages.window(call.query, least=0)
    skill_id = call.path["skill_id"]
    with call.platform.read() as connection:
        versions.require_skill(connection, skill_id)
        where = "skill_id = :skill"
        values = {"skill": skill_id}
        # Numbers are given in the order of the sequence.
        listing = pages.Listing(
            "skill_versions", where=where, values=values, cursor_where=where, order=("seq",)
        )
        return pages.page(connection, listing, window, versions.describe_version)


def _found(platform: Platform, skill_id: str, version: str) -> Row:
    with platform.read() as connection:
        if not version:
            row = versions.require_skill(connection, skill_id)
            version = str(row["default_version"])
        return versions.require_version(connection, skill_id, version)


def _retrieve(call: Call) -> Json:
    row = _found(call.platform, call.path["skill_id"], call.path["version"])
    return versions.describe_version(row)


def _delete(call: Call) -> Json:
    skill_id = call.path["skill_id"]
    with call.platform.write() as connection:
        skill = versions.require_skill(connection, skill_id)
        row = versions.require_version(connection, skill_id, call.path["version"])
        if row["version"] == skill["default_version"]:
            reason = "this is the default version: choose another one first, or delete the skill."
            raise refusals.invalid("version", reason)
        connection.execute("DELETE FROM skill_versions WHERE id = ?", (row["id"],))
        connection.execute(
            "UPDATE skills SET latest_version ="
            " (SELECT max(version) FROM skill_versions WHERE skill_id = :id) WHERE id = :id",
            {"id": skill_id},
        )
    blobs.collect(call.platform.database, now=call.now)
    return {
        "id": row["id"],
        "object": "skill.version.deleted",
        "version": str(row["version"]),
        "deleted": True,
    }


async def _content(request: Request) -> Response:
    platform, path = calls.platform_of(request), request.path_params
    row = await run_in_threadpool(_found, platform, path["skill_id"], path.get("version", ""))
    headers = {"content-length": str(row["bytes"])}
    body = blobs.read_blob(platform.database, row["blob_id"])
    return StreamingResponse(body, headers=headers, media_type="application/zip")


FAMILY = Family(
    routes=(
        route("POST", _ALL, _create),
        get(_ALL, _list),
        get(_ONE, _retrieve),
        delete(_ONE, _delete),
        route("GET", f"{_SKILL}/content", _content),
        route("GET", f"{_ONE}/content", _content),
    ),
)
