"""How a platform is named in states, plans and messages, and how wide its window is."""

from __future__ import annotations

import asyncio

import pytest

from retinue.platform.connect import connect
from retinue.platform.endpoints import OPENAI_URL, Remote, name_of


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        (None, OPENAI_URL),
        ("http://127.0.0.1:8300/v1/", "http://127.0.0.1:8300/v1"),
        ("https://user:secret@gateway.example/v1", "https://gateway.example/v1"),
        ("https://gateway.example/a@b/v1", "https://gateway.example/a@b/v1"),
    ],
)
def test_a_server_goes_by_its_address_without_a_password(base_url: str | None, name: str) -> None:
    assert name_of(Remote(base_url=base_url, api_key="key")) == name


@pytest.mark.parametrize(("most", "window"), [(None, 16), (4, 4), (64, 16)])
def test_a_server_gets_no_more_at_once_than_the_project_allows(
    most: int | None, window: int
) -> None:
    async def opened() -> int:
        server = Remote(base_url="http://127.0.0.1:1/v1", api_key="key", max_parallel=most)
        async with connect(server, parallelism=16) as client:
            return client._limiter.window

    assert asyncio.run(opened()) == window
