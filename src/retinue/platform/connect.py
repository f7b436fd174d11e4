"""Open a platform: the embedded one in this process, or a server elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from retinue.errors import AuthenticationFailed
from retinue.platform.client import Observe, PlatformClient, learn_from_answers
from retinue.platform.endpoints import Endpoint, Local, Remote, name_of
from retinue.platform.limiter import Limiter

if TYPE_CHECKING:
    import httpx2
    from starlette.applications import Starlette

LOCAL_URL = "http://embedded.invalid/v1"
"""The base URL of the embedded platform inside this process: never resolved, never on a wire."""


@contextlib.asynccontextmanager
async def connect(
    endpoint: Endpoint, *, parallelism: int, observe: Observe = contextlib.nullcontext
) -> AsyncIterator[PlatformClient]:
    """Open the platform and close it again; ``observe`` is told of every request.

    Raises:
        AuthenticationFailed: a server elsewhere needs a key, and there is none.
    """
    import openai

    if isinstance(endpoint, Remote) and endpoint.max_parallel is not None:
        parallelism = min(parallelism, endpoint.max_parallel)
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
        from retinue.platform.asgi import StreamingTransport

        app = _embedded(endpoint)
        await stack.enter_async_context(app.router.lifespan_context(app))
        return LOCAL_URL, "embedded", StreamingTransport(app)
    if not endpoint.api_key:
        raise AuthenticationFailed(
            f"no API key for {name_of(endpoint)}: {endpoint.key_name} is not set",
            hint=f"set {endpoint.key_name} in the environment, or in .env beside retinue.yaml",
        )
    from retinue.platform.gathering import GatheringTransport

    limits = httpx2.Limits(max_connections=parallelism, max_keepalive_connections=parallelism)
    return endpoint.address, endpoint.api_key, GatheringTransport(limits=limits)


def _embedded(endpoint: Local) -> Starlette:
    """The embedded platform, which has a shape of its own for the model server: it stands alone."""
    from retinue.local.app import ModelServer, create_app

    endpoint.database.parent.mkdir(parents=True, exist_ok=True)
    wanted = endpoint.model
    if wanted is None:
        return create_app(endpoint.database)
    server = ModelServer(
        base_url=wanted.base_url,
        api_key=wanted.api_key,
        names=wanted.names,
        embeddings=wanted.embeddings,
    )
    return create_app(endpoint.database, model=server)
