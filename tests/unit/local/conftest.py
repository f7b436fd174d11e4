"""What the tests of the embedded platform share: an application per test, spoken to as OpenAI.

Every answer that passes through ``transport`` is checked against OpenAI's own API description
where that file is at hand: named by RETINUE_OPENAPI, or ``shared/openapi/openai-subset.json``
beside the project folder or above.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI
from starlette.applications import Starlette
from tests.unit.local.scripted import ScriptedModel
from tests.unit.local.sessions import listening
from tests.unit.local.strict import StrictOpenAI

from retinue.local.app import close_app, create_app
from retinue.local.platform import Limits
from retinue.local.search.chore import indexer_of

BASE_URL = "http://platform.test/v1"
BETA = {"OpenAI-Beta": "assistants=v2"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# --- Conformance -------------------------------------------------------------------------------


@cache
def _description() -> dict[str, Any] | None:
    named = os.environ.get("RETINUE_OPENAPI")
    beside = (up / "shared" / "openapi" / "openai-subset.json" for up in Path(__file__).parents)
    for candidate in [Path(named)] if named else beside:
        if candidate.is_file():
            loaded: dict[str, Any] = json.loads(candidate.read_text("utf-8"), object_hook=_nullable)
            return loaded
    return None


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """The description still says ``nullable`` in places, which JSON Schema doesn't know."""
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    return schema


@cache
def _operations() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Path patterns; those with fewer parameters first, so that fixed words win."""
    description = _description()
    paths = description["paths"] if description else {}
    ordered = sorted(paths, key=lambda path: path.count("{"))
    return [
        (re.compile("/v1" + re.sub(r"\{\w+\}", "[^/]+", path)), paths[path]) for path in ordered
    ]


@cache
def _validator(reference: str) -> Any:
    import jsonschema_rs

    description = _description()
    assert description is not None
    return jsonschema_rs.validator_for({"$ref": reference, "components": description["components"]})


def _documented_schema(method: str, path: str) -> str | None:
    for pattern, operations in _operations():
        if pattern.fullmatch(path) and method.lower() in operations:
            contents = operations[method.lower()]["responses"]["200"].get("content", {})
            reference: str | None = (
                contents.get("application/json", {}).get("schema", {}).get("$ref")
            )
            return reference
    return None


@dataclass
class Conformance:
    """Checks answers against the API description and remembers what it checked."""

    checked: int = 0

    @property
    def possible(self) -> bool:
        return _description() is not None

    async def __call__(self, response: httpx2.Response) -> None:
        streamed = "event-stream" in response.headers.get("content-type", "")
        first_api = response.request.headers.get("openai-beta") == "assistants=v1"
        if _description() is None or streamed or (first_api and response.is_success):
            return  # version 1 is not described any more; streams are checked where they are read
        await response.aread()
        if response.status_code >= 400:
            reference: str | None = "#/components/schemas/ErrorResponse"
        else:
            reference = _documented_schema(response.request.method, response.request.url.path)
        if reference is not None:
            problems = list(_validator(reference).iter_errors(response.json()))
            assert not problems, f"{response.request.url} answers against {reference}: {problems}"
            self.checked += 1

    def check(self, name: str, value: Any) -> None:
        """Hold ``value`` against the component ``name`` of the description."""
        if _description() is not None:
            problems = list(_validator(f"#/components/schemas/{name}").iter_errors(value))
            assert not problems, f"{value} against {name}: {problems}"
            self.checked += 1


@pytest.fixture
def conformance() -> Conformance:
    return Conformance()


# --- Application and clients -------------------------------------------------------------------


class Clock:
    """The platform's time: real, plus whatever a test adds."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "platform.db"


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
def model() -> ScriptedModel:
    """The model behind the application; without a script it answers "fine"."""
    return ScriptedModel()


@pytest.fixture
def app(database: Path, limits: Limits, clock: Clock, model: ScriptedModel) -> Iterator[Starlette]:
    made = create_app(database, limits=limits, clock=clock, model=model)
    yield made
    close_app(made)


@pytest.fixture
async def http(app: Starlette, conformance: Conformance) -> AsyncIterator[httpx2.AsyncClient]:
    """A bare HTTP client with a key, for what the SDK would not send or show."""
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url=BASE_URL,
        headers={"Authorization": "Bearer test-key", **BETA},
        event_hooks={"response": [conformance]},
    ) as client:
        yield client


@pytest.fixture
def sdk(http: httpx2.AsyncClient) -> AsyncOpenAI:
    """The official SDK on the application in process, made strict: an answer that doesn't fit its
    types fails the test, also where the API description says nothing."""
    return StrictOpenAI(api_key="test-key", base_url=BASE_URL, http_client=http, max_retries=0)


@pytest.fixture
async def live(app: Starlette) -> AsyncIterator[AsyncOpenAI]:
    """The official SDK in process, for streams that go on while others are asked."""
    async with listening(app) as sdk:
        yield sdk


class Assistants:
    """The SDK's verbs for /assistants, without the resource class that it has deprecated."""

    def __init__(self, sdk: AsyncOpenAI) -> None:
        self._sdk = sdk

    async def create(self, **fields: Any) -> dict[str, Any]:
        body = {"model": "gpt-4o"} | fields
        return await self._sdk.post("/assistants", cast_to=dict[str, Any], body=body)

    async def get(self, assistant_id: str) -> dict[str, Any]:
        return await self._sdk.get(f"/assistants/{assistant_id}", cast_to=dict[str, Any])

    async def update(self, assistant_id: str, **fields: Any) -> dict[str, Any]:
        path = f"/assistants/{assistant_id}"
        return await self._sdk.post(path, cast_to=dict[str, Any], body=fields)

    async def delete(self, assistant_id: str) -> dict[str, Any]:
        return await self._sdk.delete(f"/assistants/{assistant_id}", cast_to=dict[str, Any])

    async def list(self, **query: Any) -> dict[str, Any]:
        return await self._sdk.get("/assistants", cast_to=dict[str, Any], options={"params": query})


@pytest.fixture
def assistants(sdk: AsyncOpenAI) -> Assistants:
    return Assistants(sdk)


@pytest.fixture
def upload(sdk: AsyncOpenAI) -> Callable[..., Any]:
    """Upload ``content`` and give the file's ID."""

    async def run(content: bytes = b"some text", name: str = "notes.txt") -> str:
        return (await sdk.files.create(file=(name, content), purpose="assistants")).id

    return run


@pytest.fixture
def index(app: Starlette, clock: Clock, limits: Limits) -> Callable[[], None]:
    """Have everything attached indexed, and let so much time pass that it shows."""

    def run() -> None:
        indexer_of(app.state.platform).settle()
        clock.advance(limits.indexing_seconds)

    return run
