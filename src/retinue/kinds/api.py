"""The seam to the platform's HTTP interface, as kinds and targets use it.

`retinue.platform.client` implements it over the SDK. Paths are relative to the base URL; bodies
and answers are JSON objects, unknown fields kept. An object that is answered with has a text as its
``id``; where the server answers with something else, that is a `PlatformError`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from retinue.kinds.base import Upload

Object = Mapping[str, Any]


class Api(Protocol):
    """What adapters may ask of a platform. Every method may raise `PlatformError`."""

    async def get(self, path: str, params: Object | None = None) -> Object:
        """GET of one object; repeated when the answer is lost."""
        ...

    async def find(self, path: str) -> Object | None:
        """GET of one object; None when it does not exist."""
        ...

    async def create(self, path: str, body: Object) -> Object:
        """POST that makes something: sent once, and again only after a 429.

        Raises:
            Unavailable: it may or may not have happened; also where the answer is no object.
        """
        ...

    async def change(self, path: str, body: Object) -> Object:
        """POST that can be repeated without harm; repeated when the answer is lost."""
        ...

    async def delete(self, path: str) -> None:
        """DELETE; what is gone already is fine."""
        ...

    async def upload(self, path: str, fields: Object, upload: Upload, filename: str) -> Object:
        """Multipart POST of one file, or of a folder as one zip, streamed from the disk; sent once,
        like `create`. A folder's archive is called ``filename``, its top folder the same without
        the ending.

        Raises:
            PlanStale: the content is no longer what ``upload`` says.
            Unavailable: it may or may not have happened.
        """
        ...

    async def inline(self, upload: Upload, folder: str = "") -> str:
        """A file, or a folder as one zip whose top folder is called ``folder``, as standard base64:
        a part of the body of a request.

        Raises:
            PlanStale: the content is no longer what ``upload`` says.
        """
        ...

    def pages(
        self, path: str, *, size: int, params: Object | None = None
    ) -> AsyncIterator[list[Object]]:
        """Every object of a list, newest first unless ``params`` say otherwise, page by page."""
        ...

    async def pause(self, seconds: float) -> None:
        """Wait between two polls."""
        ...
