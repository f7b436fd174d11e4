"""A wire whose answers are not what the API promises: one value in them is some other JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
from hypothesis import strategies as st

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
"""Any JSON, and the numbers besides that Python takes for some."""


@dataclass(frozen=True, slots=True)
class Mangled:
    """Where ``junk`` takes the place of a value: in the answer number ``first`` and, if ``on``, in
    all that come after. ``steps`` lead into it: at each value one of what it holds, or, at its
    end, the value itself."""

    first: int
    steps: tuple[int, ...]
    junk: Any
    on: bool = False

    def applies(self, number: int) -> bool:
        return number == self.first or (self.on and number > self.first)

    def __call__(self, value: Any) -> Any:
        return _replaced(value, self.steps, self.junk)


def _replaced(value: Any, steps: Sequence[int], junk: Any) -> Any:
    if not steps or not isinstance(value, dict | list) or not value:
        return junk
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[steps[0] % len(keys)]
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = _replaced(value[key], steps[1:], junk)
    return copy


@dataclass
class Mangling(httpx2.AsyncBaseTransport):
    """Passes requests to ``wire``, and mangles its answers while ``how`` is there."""

    wire: httpx2.AsyncBaseTransport
    how: Mangled | None = None
    number: int = 0
    changed: list[str] = field(default_factory=list)

    def begin(self, how: Mangled | None) -> None:
        """Count answers anew, and mangle them so."""
        self.how, self.number = how, 0
        self.changed.clear()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.wire.handle_async_request(request)
        number, self.number = self.number, self.number + 1
        if self.how is None or not self.how.applies(number) or not answer.is_success:
            return answer
        content = _told(await answer.aread(), self.how)
        self.changed.append(f"{request.method} {request.url.path}: {content[:300]!r}")
        headers = {"content-type": answer.headers.get("content-type", "application/json")}
        return httpx2.Response(200, content=content, headers=headers, request=request)


def _told(content: bytes, how: Callable[[Any], Any]) -> bytes:
    """The JSON of an answer, or of every event of a stream, with another value in it."""
    try:
        return json.dumps(how(json.loads(content))).encode()
    except ValueError:
        pass
    lines = content.split(b"\n")
    return b"\n".join(_line(line, how) for line in lines)


def _line(line: bytes, how: Callable[[Any], Any]) -> bytes:
    if not line.startswith(b"data: {"):
        return line
    return b"data: " + json.dumps(how(json.loads(line[6:]))).encode()
