"""Open a platform: the embedded one in this process, or a server elsewhere."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from retinue.errors import AuthenticationFailed
from retinue.platform.client import Observe, PlatformClient, learn_from_answers
from retinue.platform.limiter import Limiter

if TYPE_CHECKING:
    import httpx2

LOCAL_URL = "http://embedded.invalid/v1"
"""The base URL of the embedded platform inside this process: never resolved, never on a wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A chat-completions server. ``names`` maps models that assistants name to the server's;
    ``embeddings`` is its model for those, if any."""

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    names: Mapping[str, str] = field(default_factory=dict)
    embeddings: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """The embedded platform in ``database``; without ``model`` the echo model answers."""

    database: Path
    model: Model | None = None


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
    """How states, plans and messages call the platform: by its address, without a password."""
    if isinstance(endpoint, Local):
        return "the embedded platform"
    return re.sub(r"(?<=//)[^/@]*@", "", _address(endpoint))


def _address(endpoint: Remote) -> str:
    return (endpoint.base_url or OPENAI_URL).rstrip("/")


@contextlib.asynccontextmanager
async def connect(
    endpoint: Endpoint, *, parallelism: int, observe: Observe = contextlib.nullcontext
) -> AsyncIterator[PlatformClient]:
    """Open the platform and close it again; ``observe`` is told of every request.

    Raises:
        AuthenticationFailed: a server elsewhere needs a key, and there is none.
    """
    import openai

    limiter = Limiter(parallelism)
    async with contextlib.AsyncExitStack() as stack:
        base_url, key, transport = await _reach(endpoint, parallelism, stack)
        http = _http(endpoint, base_url, transport, limiter)
        sdk = openai.AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0, http_client=http)
        client = PlatformClient(sdk, limiter, name=name_of(endpoint), observe=observe)
        stack.push_async_callback(client.close)
        yield client


def _http(
    endpoint: Endpoint, base_url: str, transport: httpx2.AsyncBaseTransport, limiter: Limiter
) -> httpx2.AsyncClient:
    import httpx2

    return httpx2.AsyncClient(
        base_url=base_url,
        transport=transport,
        timeout=httpx2.Timeout(endpoint.timeout if isinstance(endpoint, Remote) else 600.0),
        follow_redirects=True,
        event_hooks={"response": [learn_from_answers(limiter)]},
    )


async def _reach(
    endpoint: Endpoint, parallelism: int, stack: contextlib.AsyncExitStack
) -> tuple[str, str, httpx2.AsyncBaseTransport]:
    """Base URL, key and transport; ``stack`` closes the embedded platform."""
    import httpx2

    if isinstance(endpoint, Local):
        from retinue.local.app import ModelServer, create_app
        from retinue.platform.asgi import StreamingTransport

        endpoint.database.parent.mkdir(parents=True, exist_ok=True)
        wanted = endpoint.model
        model = (
            ModelServer(
                base_url=wanted.base_url,
                api_key=wanted.api_key,
                names=wanted.names,
                embeddings=wanted.embeddings,
            )
            if wanted
            else None
        )
        app = create_app(endpoint.database, model=model)
        await stack.enter_async_context(app.router.lifespan_context(app))
        return LOCAL_URL, "embedded", StreamingTransport(app)
    if not endpoint.api_key:
        raise AuthenticationFailed(
            f"no API key for {name_of(endpoint)}: {endpoint.key_name} is not set",
            hint=f"set {endpoint.key_name} in the environment, or in .env beside retinue.yaml",
        )
    limits = httpx2.Limits(max_connections=parallelism, max_keepalive_connections=parallelism)
    return _address(endpoint), endpoint.api_key, httpx2.AsyncHTTPTransport(limits=limits)
