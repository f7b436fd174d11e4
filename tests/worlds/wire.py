"""The wire between Retinue and the embedded platform: it records, and it can break.

A transport like any other, so that nothing has to be patched: `Wire` passes requests on to the
application in this process, keeps a list of them, and asks a script what shall go wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

import httpx2
from starlette.applications import Starlette

COLLECTIONS = re.compile(
    r"/(assistants|files|vector_stores|skills|vaults|vaults/[^/]+/credentials"
    r"|agents|agents/automations|agents/environments/templates)"
)
"""The paths of lists, and of creates."""


class Fault(Enum):
    """What happens to one request. BEFORE: the platform never sees it; AFTER: it has acted.

    KILL: Retinue ends there and then, see `Wire.killed`.
    """

    CUT_BEFORE = auto()
    CUT_AFTER = auto()
    ERROR_BEFORE = auto()
    ERROR_AFTER = auto()
    LIMITED = auto()
    KILL_BEFORE = auto()
    KILL_AFTER = auto()


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it went over the wire. ``path`` is relative to the base URL."""

    method: str
    path: str
    query: str
    body: bytes
    fault: Fault | None = None

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def creates(self) -> bool:
        return self.method == "POST" and COLLECTIONS.fullmatch(self.path) is not None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


Script = Callable[[Sent], Fault | None]
"""Asked before each request."""


def no_fault(sent: Sent) -> None:
    """The script of a wire that works."""
    del sent


@dataclass
class Wire(httpx2.AsyncBaseTransport):
    """Passes requests to ``app``. ``lag`` is how many reads of a list miss a new object; ``closed``
    is a path that the platform has no more, with all that is below it.

    at_kill: told when the script kills. From then on nothing passes, which is what the platform
    sees of a process that has ended; whoever wants it to live again sets ``killed`` back.
    """

    app: Starlette
    script: Script = no_fault
    lag: int = 0
    closed: str = ""
    at_kill: Callable[[], None] = lambda: None
    killed: bool = False
    sent: list[Sent] = field(default_factory=list)
    _unlisted: dict[str, int] = field(default_factory=dict)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        path = request.url.path.removeprefix("/v1")
        query = request.url.query.decode()
        fault = self.script(Sent(request.method, path, query, body))
        self.sent.append(Sent(request.method, path, query, body, fault))
        if fault is Fault.KILL_BEFORE:
            self._kill()
        if fault is Fault.CUT_BEFORE or self._is_killed():
            raise httpx2.ConnectError("cut before it was sent", request=request)
        if fault is Fault.ERROR_BEFORE:
            return error(503, request)
        if fault is Fault.LIMITED:
            return error(429, request, {"retry-after": "1"})
        if self.closed and f"{path}/".startswith(f"{self.closed}/"):
            return error(404, request)
        answer = await self._pass_on(request, path)
        if fault is Fault.KILL_AFTER:
            self._kill()
        if fault is Fault.CUT_AFTER or self._is_killed():
            raise httpx2.ReadError("cut before the answer came", request=request)
        if fault is Fault.ERROR_AFTER:
            return error(500, request)
        return answer

    def _is_killed(self) -> bool:
        return self.killed

    def _kill(self) -> None:
        if not self.killed:
            self.killed = True
            self.at_kill()

    async def _pass_on(self, request: httpx2.Request, path: str) -> httpx2.Response:
        answer = await httpx2.ASGITransport(app=self.app).handle_async_request(request)
        await answer.aread()
        if not self.lag or not COLLECTIONS.fullmatch(path) or answer.status_code != 200:
            return answer
        if request.method == "POST":
            self._unlisted[answer.json()["id"]] = self.lag
            return answer
        page = answer.json()
        page["data"] = [item for item in page["data"] if not self._hides(item["id"])]
        return httpx2.Response(200, json=page, request=request)

    def _hides(self, object_id: str) -> bool:
        reads = self._unlisted.get(object_id, 0)
        self._unlisted[object_id] = reads - 1
        return reads > 0


def error(
    status: int, request: httpx2.Request, headers: dict[str, str] | None = None
) -> httpx2.Response:
    """An error answer in the platform's form."""
    body = {"error": {"message": f"a scripted {status}", "type": "server_error"}}
    return httpx2.Response(status, json=body, headers=headers, request=request)
