"""The `Api` over the official SDK: one place for retries, limits, pages and errors.

The SDK's own retries are off: they would repeat creates, which carry no idempotency key. What may
be repeated is repeated here, under the run's limiter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from retinue.errors import FamilyGone, NotFound, PlatformError, RateLimited, Unavailable
from retinue.kinds.api import Object
from retinue.kinds.base import Upload
from retinue.platform.failures import translate
from retinue.platform.limiter import Limiter, backoff
from retinue.uploads import require_unchanged

if TYPE_CHECKING:
    import httpx2
    import openai

ATTEMPTS = 5
"""How often a request that may be repeated is sent at most."""

_BETA = {"OpenAI-Beta": "assistants=v2"}
_SUNSET = (
    "OpenAI closed its Assistants API on 2026-08-26; choose another target in retinue.yaml "
    "(responses or agents), a compatible server (platform.base_url), or platform: {api: local}"
)

Answer = TypeVar("Answer")


class PlatformClient:
    """Implements `retinue.kinds.api.Api`."""

    def __init__(self, client: openai.AsyncOpenAI, limiter: Limiter, *, name: str) -> None:
        self._client = client
        self._limiter = limiter
        self.name = name

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def get(self, path: str, params: Object | None = None) -> Object:
        options: Any = {"params": dict(params or {}), "headers": _BETA}
        return await self._repeated(
            f"GET {path}",
            lambda: self._client.get(path, cast_to=object, options=options),
        )

    async def find(self, path: str) -> Object | None:
        try:
            return await self.get(path)
        except NotFound:
            return None

    async def create(self, path: str, body: Object) -> Object:
        return await self._once(f"POST {path}", lambda: self._post(path, body))

    async def change(self, path: str, body: Object) -> Object:
        return await self._repeated(f"POST {path}", lambda: self._post(path, body))

    async def delete(self, path: str) -> None:
        options: Any = {"headers": _BETA}
        try:
            await self._repeated(
                f"DELETE {path}",
                lambda: self._client.delete(path, cast_to=object, options=options),
            )
        except NotFound:
            return

    async def upload(self, path: str, fields: Object, upload: Upload, filename: str) -> Object:
        await require_unchanged(upload)
        options: Any = {"headers": {**_BETA, "Content-Type": "multipart/form-data"}}

        async def send() -> object:
            with upload.path.open("rb") as content:
                return await self._client.post(
                    path,
                    cast_to=object,
                    body=dict(fields),
                    files=[("file", (filename, content))],
                    options=options,
                )

        return await self._once(f"POST {path}", send)

    async def pages(
        self, path: str, *, size: int, params: Object | None = None
    ) -> AsyncIterator[list[Object]]:
        query: dict[str, Any] = {"limit": size, "order": "desc", **(params or {})}
        while True:
            page = await self._page(path, query)
            items = list(page.get("data") or ())
            yield items
            if not items or not page.get("has_more"):
                return
            query["after"] = page.get("last_id") or items[-1]["id"]

    async def _page(self, path: str, query: Mapping[str, Any]) -> Object:
        try:
            return await self.get(path, query)
        except NotFound as error:
            if path != "/assistants":
                raise
            message = f"{self.name} has no /assistants: {error.message}"
            raise FamilyGone(message, hint=_SUNSET, status=404) from None

    async def pause(self, seconds: float) -> None:
        await self._limiter.pause(seconds)

    def _post(self, path: str, body: Object) -> Awaitable[object]:
        options: Any = {"headers": _BETA}
        return self._client.post(path, cast_to=object, body=dict(body), options=options)

    async def _once(self, where: str, send: Callable[[], Awaitable[object]]) -> Object:
        """Send; only a 429 (nothing happened) allows another try."""
        return await self._attempts(where, send, (RateLimited,))

    async def _repeated(self, where: str, send: Callable[[], Awaitable[object]]) -> Object:
        """Send something that may happen twice."""
        return await self._attempts(where, send, (RateLimited, Unavailable))

    async def _attempts(
        self,
        where: str,
        send: Callable[[], Awaitable[object]],
        retry: tuple[type[PlatformError], ...],
    ) -> Object:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._send(where, send, attempt)
            except retry as error:
                if attempt == ATTEMPTS:
                    raise
                if not isinstance(error, RateLimited):
                    await self._limiter.pause(backoff(attempt))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _send(
        self, where: str, send: Callable[[], Awaitable[object]], attempt: int
    ) -> Object:
        import openai

        async with self._limiter.slot():
            try:
                answer = await send()
            except openai.APIStatusError as error:
                if error.status_code == 429:
                    self._limiter.refused(error.response.headers, attempt)
                raise translate(error, where=where, base_url=self.name) from error
            except openai.APIError as error:
                raise translate(error, where=where, base_url=self.name) from error
        if not isinstance(answer, dict):
            raise Unavailable(f"{where}: {self.name} did not answer with a JSON object")
        return answer


def learn_from_answers(limiter: Limiter) -> Callable[[httpx2.Response], Awaitable[None]]:
    """A hook for the HTTP client: rate headers are on answers that the SDK doesn't hand out."""

    async def hook(response: httpx2.Response) -> None:
        if response.is_success:
            limiter.went_well(response.headers)

    return hook
