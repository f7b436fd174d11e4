"""Bodies arrive whole, in fewer pieces than they come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.platform.gathering import Gathered


class Crumbs(httpx2.AsyncByteStream):
    def __init__(self, crumbs: list[bytes]) -> None:
        self._crumbs = crumbs
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for crumb in self._crumbs:
            yield crumb

    async def aclose(self) -> None:
        self.closed = True


async def pieces(stream: httpx2.AsyncByteStream) -> list[bytes]:
    return [piece async for piece in stream]


@given(st.lists(st.binary(max_size=9)), st.integers(1, 20))
def test_nothing_is_lost_and_nothing_small_is_sent_alone(crumbs: list[bytes], enough: int) -> None:
    sent = asyncio.run(pieces(Gathered(Crumbs(crumbs), enough)))
    assert b"".join(sent) == b"".join(crumbs)
    assert all(len(piece) >= enough for piece in sent[:-1])


def test_a_small_upload_is_one_piece() -> None:
    request = httpx2.Request(
        "POST",
        "http://platform.test/v1/files",
        data={"purpose": "assistants"},
        files={"file": ("notes.md", b"One plus one is two.")},
    )
    assert isinstance(request.stream, httpx2.AsyncByteStream)
    assert len(asyncio.run(pieces(request.stream))) > 1
    [sent] = asyncio.run(pieces(Gathered(request.stream)))
    assert len(sent) == int(request.headers["Content-Length"])


@pytest.mark.parametrize("crumbs", [[], [b""]])
def test_an_empty_body_stays_empty(crumbs: list[bytes]) -> None:
    assert b"".join(asyncio.run(pieces(Gathered(Crumbs(crumbs))))) == b""


def test_closing_closes_what_is_gathered() -> None:
    crumbs = Crumbs([])
    asyncio.run(Gathered(crumbs).aclose())
    assert crumbs.closed
