"""Reads the form that a skill or a version is uploaded with: a folder's files, or one zip."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from retinue.local import calls, multipart, refusals
from retinue.local.refusals import Refusal
from retinue.local.skills.bundle import (
    MOST_BYTES,
    MOST_FILES,
    Bundle,
    bundle_of,
    refused,
    unpacked,
)

_FILES = ("files", "files[]")
_SLACK = 1024 * 1024
_ZIP = b"PK"


@dataclass(slots=True)
class Form:
    """The form so far: contents by file, and plain fields."""

    files: dict[str, bytearray] = field(default_factory=dict)
    fields: dict[str, bytearray] = field(default_factory=dict)
    size: int = 0
    _part: multipart.Part | None = None

    def add(self, part: multipart.Part, data: bytes) -> None:
        """Take in a piece."""
        self.size += len(data)
        if self.size > MOST_BYTES + _SLACK:
            raise refusals.too_large(MOST_BYTES)
        if part is not self._part:
            self._begin(part)
        content = self.fields[part.name] if part.filename is None else self.files[part.filename]
        content.extend(data)

    def _begin(self, part: multipart.Part) -> None:
        self._part = part
        if part.filename is None:
            self.fields[part.name] = bytearray()
        elif part.name not in _FILES:
            raise refusals.unknown(part.name)
        elif part.filename in self.files:
            raise refused(f"two files have the path {part.filename!r}.")
        else:
            self.files[part.filename] = bytearray()

    def bundle(self) -> Bundle:
        """The skill that was sent.

        Raises:
            Refusal: it is none.
        """
        if not self.files:
            raise refusals.missing("files")
        if len(self.files) == 1:
            [(name, content)] = self.files.items()
            # Bytes that the SDK is given without a name are sent with a made-up one.
            if name.lower().endswith(".zip") or content.startswith(_ZIP):
                return bundle_of(unpacked(bytes(content)))
        return bundle_of({name: bytes(content) for name, content in self.files.items()})

    def flag(self, name: str) -> bool:
        """Whether a plain field says true; no other field is known."""
        for key in self.fields:
            if key != name:
                raise refusals.unknown(key)
        written = self.fields.get(name, b"false").decode("utf-8", "replace")
        if written not in ("true", "false"):
            raise refusals.wrong_type(name, "a boolean", written)
        return written == "true"


async def read_form(request: Request, *, flag: str = "") -> tuple[Bundle, bool]:
    """The bundle of a request, and what it says of ``flag``.

    Raises:
        Refusal: the form, or the skill in it, is not what it has to be.
    """
    form, body = Form(), calls.Body(request)
    try:
        kind = request.headers.get("content-type")
        async for part, data in multipart.pieces(kind, body, most=MOST_FILES + 8):
            form.add(part, data)
        said = form.flag(flag)
        return await run_in_threadpool(form.bundle), said
    except Refusal:
        await body.drain()
        raise
