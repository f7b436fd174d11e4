"""Open a platform: the embedded one in this process, or a server elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from retinue.errors import AuthenticationFailed
from retinue.platform.client import PlatformClient, learn_from_answers
from retinue.platform.limiter import Limiter

if TYPE_CHECKING:
    import httpx2

LOCAL_URL = "http://embedded.invalid/v1"
"""The base URL of the embedded platform inside this process: never resolved, never on a wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """The embedded platform in ``database``."""

    database: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A server. ``base_url`` None is OpenAI itself; ``timeout`` in seconds; ``key_name`` is the
    environment variable that the key is read from, for messages."""

    base_url: str | None
    api_key: str | None
    key_name: str = "OPENAI_API_KEY"
    timeout: float = 60.0


Endpoint = Local | Remote
OPENAI_URL = "https://api.openai.com/v1"


def name_of(endpoint: Endpoint) -> str:
    """How plans and messages call the platform."""
    if isinstance(endpoint, Local):
        return "the embedded platform"
    return (endpoint.base_url or OPENAI_URL).rstrip("/")


@contextlib.asynccontextmanager
async def connect(endpoint: Endpoint, *, parallelism: int) -> AsyncIterator[PlatformClient]:
    """Open the platform and close it again.

    Raises:
        AuthenticationFailed: a server elsewhere needs a key, and there is none.
    """
    import httpx2
    import openai

    limiter = Limiter(parallelism)
    base_url, key, transport = _reach(endpoint, parallelism)
    http = httpx2.AsyncClient(
        base_url=base_url,
        transport=transport,
        timeout=httpx2.Timeout(endpoint.timeout if isinstance(endpoint, Remote) else 600.0),
        follow_redirects=True,
        event_hooks={"response": [learn_from_answers(limiter)]},
    )
    sdk = openai.AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0, http_client=http)
    client = PlatformClient(sdk, limiter, name=name_of(endpoint))
    try:
        yield client
    finally:
        await client.close()


def _reach(endpoint: Endpoint, parallelism: int) -> tuple[str, str, httpx2.AsyncBaseTransport]:
    import httpx2

    if isinstance(endpoint, Local):
        from retinue.local.app import create_app

        endpoint.database.parent.mkdir(parents=True, exist_ok=True)
        app = create_app(endpoint.database)
        return LOCAL_URL, "embedded", httpx2.ASGITransport(app=app)
    if not endpoint.api_key:
        raise AuthenticationFailed(
            f"no API key for {name_of(endpoint)}: {endpoint.key_name} is not set",
            hint=f"set {endpoint.key_name} in the environment, or in .env beside retinue.yaml",
        )
    limits = httpx2.Limits(max_connections=parallelism, max_keepalive_connections=parallelism)
    return name_of(endpoint), endpoint.api_key, httpx2.AsyncHTTPTransport(limits=limits)
