"""The `Api` over the official SDK: one place for retries, limits, pages and errors.

The SDK's own retries are off: they would repeat creates, which carry no idempotency key. What may
be repeated is repeated here, under the run's limiter.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import PurePath
from types import NoneType
from typing import IO, TYPE_CHECKING, Any, TypeVar

from retinue.errors import NotFound, RateLimited, Unavailable
from retinue.kinds.api import Object
from retinue.kinds.base import Upload
from retinue.platform.bundle import pack, whole
from retinue.platform.failures import family_gone, translate
from retinue.platform.limiter import Limiter, backoff
from retinue.platform.promises import decoded, is_deletion, is_object, is_page, require_events
from retinue.platform.streams import events_of
from retinue.uploads import require_unchanged

if TYPE_CHECKING:
    import httpx2
    import openai

ATTEMPTS = 5
"""How often a request that may be repeated is sent at most, when its answer is lost or a 5xx."""

RATE_ATTEMPTS = 16
"""How often any request is sent at most while the answer is 429. Quotas are counted by the minute,
so this has to outlast one, bad luck against other requests of the run included. Where all of them
are refused, the limiter loses its patience earlier."""

_BETAS = {
    "assistants": "assistants=v2",
    "threads": "assistants=v2",
    "vector_stores": "assistants=v2",
    "agents": "agents=v1",
    "vaults": "agents=v1",
}
"""The beta that the endpoints under a first part of a path belong to, as the SDK says it."""

Answer = TypeVar("Answer")

Observe = Callable[[str], AbstractContextManager[object]]
"""Opened around every request that is sent, with its method and path: for traces."""


class PlatformClient:
    """Implements `retinue.kinds.api.Api`."""

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        limiter: Limiter,
        *,
        name: str,
        observe: Observe = contextlib.nullcontext,
    ) -> None:
        self._client = client
        self._limiter = limiter
        self._observe = observe
        self.name = name

    def give_up(self) -> None:
        """Wait no longer where the platform says wait; see `Limiter.give_up`."""
        self._limiter.give_up()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def get(self, path: str, params: Object | None = None) -> Object:
        return is_object(await self._read(path, params), where=f"GET {path}")

    async def page(self, path: str, params: Object | None = None) -> Object:
        """GET of a list, or of a part of one: ``data`` holds objects. Repeated like `get`."""
        return is_page(await self._read(path, params), where=f"GET {path}", named=False)

    async def find(self, path: str) -> Object | None:
        try:
            return await self.get(path)
        except NotFound:
            return None

    async def create(self, path: str, body: Object) -> Object:
        where = f"POST {path}"
        return is_object(await self._said(where, self._once, self._post(path, body)), where=where)

    async def add(self, path: str, body: Object) -> None:
        """POST that makes several things at once: sent once, like `create`."""
        where = f"POST {path}"
        said = await self._said(where, self._once, self._post(path, body))
        is_page(said, where=where, named=False)

    async def change(self, path: str, body: Object) -> Object:
        where = f"POST {path}"
        said = await self._said(where, self._repeated, self._post(path, body))
        return is_object(said, where=where)

    async def delete(self, path: str) -> None:
        import httpx2

        options: Any = {"headers": _beta(path)}
        where = f"DELETE {path}"

        async def send() -> httpx2.Response:
            return await self._client.delete(path, cast_to=httpx2.Response, options=options)

        try:
            answer = await self._repeated(where, send)
        except NotFound:
            return
        if answer.content:  # without a body, the status says it
            is_deletion(decoded(answer.content, where=where), where=where)

    async def upload(self, path: str, fields: Object, upload: Upload, filename: str) -> Object:
        import httpx2

        options: Any = {"headers": {**_beta(path), "Content-Type": "multipart/form-data"}}
        where = f"POST {path}"
        field, content = await _opened(upload, filename)
        with content:

            async def send() -> httpx2.Response:
                content.seek(0)
                return await self._client.post(
                    path,
                    cast_to=httpx2.Response,
                    body=dict(fields),
                    files=[(field, (filename, content))],
                    options=options,
                )

            return is_object(await self._said(where, self._once, send), where=where)

    async def inline(self, upload: Upload, folder: str = "") -> str:
        content = await asyncio.to_thread(whole, upload, folder)
        return base64.b64encode(content).decode("ascii")

    async def stream(
        self, path: str, body: Object, params: Object | None = None
    ) -> AsyncIterator[Object]:
        """POST that is answered with server-sent events, each as the SDK decodes it.

        Events of the Assistants API are ``{event, data}``, all others their data. Sent once.

        Raises:
            PlatformError: the request was refused, or (`Unavailable`) the stream broke off.
        """
        import openai

        where = f"POST {path}"
        options: Any = {"headers": _beta(path), "params": dict(params or {})}

        async def start() -> openai.AsyncStream[object]:
            return await self._client.post(
                path,
                cast_to=object,
                body={**body, "stream": True},
                options=options,
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )

        answer = await self._once(where, start)
        async with answer:
            require_events(answer.response.headers, where=where)
            async for event in events_of(answer, where=where, name=self.name):
                yield event

    @contextlib.asynccontextmanager
    async def listening(self, path: str) -> AsyncIterator[AsyncIterator[Object]]:
        """GET that is answered with server-sent events; inside of it they can be heard."""
        import openai

        where = f"GET {path}"
        headers = {**_beta(path), "Accept": "text/event-stream"}
        # With "events", an event of the type error is told like any other.
        options: Any = {"headers": headers, "stream_mode": "events"}

        async def start() -> openai.AsyncStream[object]:
            return await self._client.get(
                path,
                cast_to=object,
                options=options,
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )

        answer = await self._repeated(where, start)
        async with answer:
            require_events(answer.response.headers, where=where)
            yield events_of(answer, where=where, name=self.name)

    async def send(self, path: str, body: Object) -> None:
        """POST of something that is only accepted; it has a key, so that it can be repeated."""
        key = uuid.uuid4().hex
        options: Any = {"headers": {**_beta(path), "Idempotency-Key": key}}

        async def post() -> None:
            await self._client.post(path, cast_to=NoneType, body=dict(body), options=options)

        await self._repeated(f"POST {path}", post)

    async def pages(
        self, path: str, *, size: int, params: Object | None = None
    ) -> AsyncIterator[list[Object]]:
        query: dict[str, Any] = {"limit": size, "order": "desc", **(params or {})}
        while True:
            page = await self._page(path, query)
            items: list[Object] = list(page["data"])
            yield items
            if not items or not page.get("has_more"):
                return
            query["after"] = page.get("last_id") or items[-1]["id"]

    async def _page(self, path: str, query: Mapping[str, Any]) -> Object:
        try:
            return is_page(await self._read(path, query), where=f"GET {path}")
        except NotFound as error:
            gone = family_gone(self.name, path, error)
            if gone is None:
                raise  # the list of something that does not exist, not a family
            raise gone from None

    async def pause(self, seconds: float) -> None:
        await self._limiter.pause(seconds)

    async def _read(self, path: str, params: Object | None) -> object:
        import httpx2

        options: Any = {"params": dict(params or {}), "headers": _beta(path)}

        async def send() -> httpx2.Response:
            return await self._client.get(path, cast_to=httpx2.Response, options=options)

        return await self._said(f"GET {path}", self._repeated, send)

    def _post(self, path: str, body: Object) -> Callable[[], Awaitable[httpx2.Response]]:
        import httpx2

        options: Any = {"headers": _beta(path)}
        return lambda: self._client.post(
            path, cast_to=httpx2.Response, body=dict(body), options=options
        )

    async def _said(
        self,
        where: str,
        sent: Callable[[str, Callable[[], Awaitable[httpx2.Response]]], Awaitable[httpx2.Response]],
        send: Callable[[], Awaitable[httpx2.Response]],
    ) -> object:
        """The JSON of an answer. One that can't be read is not asked for again: it won't change."""
        return decoded((await sent(where, send)).content, where=where)

    async def _once(self, where: str, send: Callable[[], Awaitable[Answer]]) -> Answer:
        """Send; only a 429 (nothing happened) allows another try."""
        return await self._attempts(where, send, attempts=1)

    async def _repeated(self, where: str, send: Callable[[], Awaitable[Answer]]) -> Answer:
        """Send something that may happen twice."""
        return await self._attempts(where, send, attempts=ATTEMPTS)

    async def _attempts(
        self,
        where: str,
        send: Callable[[], Awaitable[Answer]],
        *,
        attempts: int,
    ) -> Answer:
        lost = refused = 0
        while True:
            try:
                return await self._send(where, send, refused + 1)
            except RateLimited:
                refused += 1
                if refused == RATE_ATTEMPTS or self._limiter.out_of_patience:
                    raise
                await self._limiter.pause(0)  # whoever waits already goes first
            except Unavailable:
                lost += 1
                if lost == attempts:
                    raise
                await self._limiter.pause(backoff(lost))

    async def _send(
        self, where: str, send: Callable[[], Awaitable[Answer]], attempt: int
    ) -> Answer:
        import openai

        async with self._limiter.slot():
            try:
                with self._observe(where):
                    return await send()
            except openai.APIStatusError as error:
                failure = translate(error, where=where, base_url=self.name)
                if isinstance(failure, RateLimited):
                    self._limiter.refused(error.response.headers, attempt)
                raise failure from error
            except openai.APIError as error:
                raise translate(error, where=where, base_url=self.name) from error


def _beta(path: str) -> dict[str, str]:
    beta = _BETAS.get(path.split("/", 2)[1])
    return {} if beta is None else {"OpenAI-Beta": beta}


async def _opened(upload: Upload, filename: str) -> tuple[str, IO[bytes]]:
    """The field of a form that the content goes into, and the content.

    Raises:
        PlanStale: it is no longer what ``upload`` says.
    """
    if upload.files is not None:
        return "files", await asyncio.to_thread(pack, upload, PurePath(filename).stem)
    await require_unchanged(upload)
    return "file", upload.path.open("rb")


def learn_from_answers(limiter: Limiter) -> Callable[[httpx2.Response], Awaitable[None]]:
    """A hook for the HTTP client: rate headers are on answers that the SDK doesn't hand out."""

    async def hook(response: httpx2.Response) -> None:
        if response.is_success:
            limiter.went_well(response.headers)

    return hook
