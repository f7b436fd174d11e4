"""A hand on the embedded platform: requests that Retinue knows nothing of."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
from tests.support.platform import beta_of

from retinue.local.app import close_app, create_app

URL = "http://embedded.test/v1"


class Hand:
    """Speaks to the platform in ``database``; close it at the end."""

    def __init__(self, database: Path) -> None:
        database.parent.mkdir(parents=True, exist_ok=True)
        self._app = create_app(database)

    def close(self) -> None:
        close_app(self._app)

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """Send one request, which has to succeed."""
        return asyncio.run(self._send(method, path, body, more))

    async def _send(self, method: str, path: str, body: Any, more: Any) -> dict[str, Any]:
        transport = httpx2.ASGITransport(app=self._app)
        headers = {"Authorization": "Bearer hand", "OpenAI-Beta": beta_of(path)}
        async with httpx2.AsyncClient(transport=transport, headers=headers) as client:
            answer = await client.request(method, URL + path, json=body, **more)
            answer.raise_for_status()
            result: dict[str, Any] = answer.json()
            return result

    def objects(self, family: str) -> list[dict[str, Any]]:
        """Every object of a family, e.g. ``files``."""
        found: list[dict[str, Any]] = self("GET", f"/{family}?limit=100")["data"]
        return found
