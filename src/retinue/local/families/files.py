"""/files: upload, list, read, delete, download.

Deliberately different from OpenAI: the content of a file with purpose "assistants" can be
downloaded here, which OpenAI has refused; on one's own machine there is nothing to protect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from retinue.local import blobs, calls, checks, file_rows, multipart, pages, refusals, shapes
from retinue.local.blobs import BlobWriter
from retinue.local.calls import Call, Json
from retinue.local.contents import Inspector
from retinue.local.database import Row
from retinue.local.family import Family, delete, get, route
from retinue.local.ids import new_id
from retinue.local.platform import Platform
from retinue.local.refusals import Refusal

_PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
_BATCH_SECONDS = 30 * 86_400
_FIELD_BYTES = 4096

_FORM = checks.record(
    required={"purpose": checks.choice(*_PURPOSES)}, expires_after=shapes.FILE_EXPIRY
)


def _list(call: Call) -> Json:
    window = pages.window(call.query, most=10_000, default=10_000)
    purpose = call.query.get("purpose")
    where, values = ("purpose = :purpose", {"purpose": purpose}) if purpose else ("1", {})
    with call.platform.read() as connection:
        listing = pages.Listing("files", where=where, values=values)
        return pages.page(connection, listing, window, file_rows.describe)


def _retrieve(call: Call) -> Json:
    with call.platform.read() as connection:
        return file_rows.describe(file_rows.require_file(connection, call.path["file_id"]))


def _delete(call: Call) -> Json:
    file_id = call.path["file_id"]
    with call.platform.write() as connection:
        file_rows.require_file(connection, file_id)
        connection.execute("DELETE FROM files WHERE id = ?", (file_id,))
    blobs.collect(call.platform.database, now=call.now)
    return {"id": file_id, "object": "file", "deleted": True}


async def _content(request: Request) -> Response:
    platform = calls.platform_of(request)

    def find() -> Row:
        with platform.read() as connection:
            return file_rows.require_file(connection, request.path_params["file_id"])

    row = await run_in_threadpool(find)
    headers = {
        "content-length": str(row["bytes"]),
        "content-disposition": f"attachment; filename*=utf-8''{quote(row['filename'], safe='')}",
    }
    body: Iterator[bytes] = blobs.read_blob(platform.database, row["blob_id"])
    return StreamingResponse(body, headers=headers, media_type="application/octet-stream")


async def _create(request: Request) -> Response:
    upload, body = _Upload(calls.platform_of(request)), calls.Body(request)
    try:
        upload.check_announced(request.headers.get("content-length"))
        async for part, data in multipart.pieces(request.headers.get("content-type"), body):
            if part.filename is None:
                upload.add_field(part.name, data)
            elif upload.add_bytes(part, data):
                await run_in_threadpool(upload.flush)
        answer = await run_in_threadpool(upload.finish)
    except Refusal:
        await run_in_threadpool(upload.abandon)
        await body.drain()
        raise
    except BaseException:
        upload.abandon()
        raise
    return JSONResponse(answer)


@dataclass(slots=True)
class _Upload:
    """One upload under way: the fields so far, and the file's bytes on their way to a blob."""

    platform: Platform
    fields: dict[str, bytes] = field(default_factory=dict)
    file: multipart.Part | None = None
    writer: BlobWriter | None = None
    inspector: Inspector | None = None

    def check_announced(self, content_length: str | None) -> None:
        """Refuse early what says itself that it is too large."""
        limit = self.platform.limits.file_bytes
        slack = 1024 * 1024  # the other fields and the form's own lines
        if content_length and content_length.isdecimal() and int(content_length) > limit + slack:
            raise refusals.too_large(limit)

    def add_field(self, name: str, data: bytes) -> None:
        """Take in a piece of a plain field."""
        self.fields[name] = self.fields.get(name, b"") + data
        if len(self.fields[name]) > _FIELD_BYTES:
            raise refusals.invalid(name, "the value is too long.")

    def add_bytes(self, part: multipart.Part, data: bytes) -> bool:
        """Take in a piece of the file; true asks for a ``flush``."""
        if part.name != "file":
            raise refusals.unknown(part.name)
        if self.file is None:
            self.file = part
            self.writer = BlobWriter(self.platform.database, now=int(self.platform.clock()))
            self.inspector = Inspector(part.filename or "")
        if part is not self.file or self.writer is None or self.inspector is None:
            raise refusals.invalid("file", "only one file can be uploaded at a time.")
        self.inspector.feed(data)
        if self.inspector.size > self.platform.limits.file_bytes:
            raise refusals.too_large(self.platform.limits.file_bytes)
        return self.writer.full_after(data)

    def flush(self) -> None:
        """Write what is in memory to the database."""
        if self.writer:
            self.writer.flush()

    def abandon(self) -> None:
        """Give up; nothing of the upload stays."""
        if self.writer:
            self.writer.abandon()

    def finish(self) -> Json:
        """Check the fields, make the file permanent, and describe it."""
        form = _FORM(_nested(self.fields), "")
        if self.writer is None or self.inspector is None or self.file is None:
            raise refusals.missing("file")
        self.writer.flush()
        encoding, fault = self.inspector.verdict()
        now = int(self.platform.clock())
        values = {
            "id": new_id("file-"),
            "created_at": now,
            "filename": self.file.filename or "upload",
            "purpose": form["purpose"],
            "bytes": self.inspector.size,
            "expires_at": _expires_at(form, now),
            "encoding": encoding,
            "fault": fault,
        }
        with self.platform.write() as connection:
            return file_rows.insert(connection, values | {"blob_id": self.writer.keep(connection)})


def _expires_at(form: Json, now: int) -> int | None:
    """Files for the Batch API expire after 30 days unless told otherwise, all others never."""
    if "expires_after" in form:
        return int(now + form["expires_after"]["seconds"])
    return now + _BATCH_SECONDS if form["purpose"] == "batch" else None


def _nested(fields: dict[str, bytes]) -> Json:
    """Form fields as JSON would have sent them: ``expires_after[seconds]`` becomes an object."""
    body: Json = {}
    for name, raw in fields.items():
        value = raw.decode("utf-8", "replace")
        outer, bracket, inner = name.partition("[")
        if not bracket:
            body[name] = value
            continue
        inner = inner.removesuffix("]")
        group = body.setdefault(outer, {})
        if not isinstance(group, dict):
            raise refusals.wrong_type(outer, "an object", group)
        group[inner] = int(value) if inner == "seconds" and value.isdecimal() else value
    return body


FAMILY = Family(
    schema=file_rows.SCHEMA,
    deadlines=(file_rows.EXPIRY,),
    routes=(
        route("POST", "/files", _create),
        get("/files", _list),
        get("/files/{file_id}", _retrieve),
        delete("/files/{file_id}", _delete),
        route("GET", "/files/{file_id}/content", _content),
    ),
)
