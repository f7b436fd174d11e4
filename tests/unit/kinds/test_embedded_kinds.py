"""Every kind that agents work with, on the embedded platform: made, found again, changed, gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from tests.support.recorder import secret
from tests.support.stack import (
    Stack,
    a_credential,
    a_skill,
    a_vault,
    an_automation,
    an_environment,
)

from retinue.address import Address
from retinue.kinds.automation import AutomationAdapter
from retinue.kinds.base import Adapter, Resource
from retinue.kinds.credential import CredentialAdapter
from retinue.kinds.environment import EnvironmentAdapter
from retinue.kinds.skill import SkillAdapter
from retinue.kinds.vault import VaultAdapter
from retinue.local.app import close_app, create_app
from retinue.manifest.model import (
    EnvironmentFile,
    ExternalId,
    SkillUse,
)
from retinue.platform.asgi import StreamingTransport
from retinue.platform.client import PlatformClient
from retinue.platform.limiter import Limiter
from retinue.uploads import read_uploads

URL = "http://platform.test/v1"


Work = Callable[[Stack], Awaitable[None]]


@pytest.fixture
def on_platform(tmp_path: Path) -> Iterator[Callable[[Work], None]]:
    """Runs a test against an embedded platform."""
    app = create_app(tmp_path / "platform.db")

    async def running(work: Work) -> None:
        transport = StreamingTransport(app)
        http = httpx2.AsyncClient(base_url=URL, transport=transport)
        sdk = openai.AsyncOpenAI(api_key="any", base_url=URL, max_retries=0, http_client=http)
        client = PlatformClient(sdk, Limiter(4), name=URL)
        try:
            await work(Stack(client))
        finally:
            await client.close()

    yield lambda work: asyncio.run(running(work))
    close_app(app)


# --- What happens --------------------------------------------------------------------------------


def test_a_vault(on_platform: Callable[[Work], None]) -> None:
    async def work(stack: Stack) -> None:
        adapter = VaultAdapter(stack.client)
        await stack.settles(adapter, a_vault(metadata={"a": "b"}))
        assert await stack.settles(adapter, a_vault(metadata={"a": "c"})) == ["metadata"]
        assert await stack.settles(adapter, a_vault()) == ["metadata"]
        assert await stack.settles(adapter, a_vault(name="Other")) == ["name"]
        await gone(stack, adapter, a_vault())

    on_platform(work)


async def gone(stack: Stack, adapter: Adapter, resource: Resource) -> None:
    """Delete the object, twice."""
    object_id, _ = stack.applied[resource.address]
    await adapter.delete(object_id)
    await adapter.delete(object_id)
    assert await adapter.read(object_id) is None
    assert [live async for page in adapter.pages() for live in page] == []


BEARER = {
    "type": "static_bearer",
    "mcp_server_url": "https://mcp.example/sse",
    "token": secret("TOKEN"),
}
VARIABLE = {
    "type": "environment_variable",
    "secret_name": "SERVICE_KEY",
    "secret_value": secret("VALUE"),
    "networking": {"type": "limited", "allowed_hosts": ["b.example", "a.example"]},
}
REFRESH: dict[str, Any] = {
    "token_endpoint": "https://login.example/token",
    "client_id": "retinue",
    "refresh_token": secret("REFRESH"),
    "scope": "read",
    "token_endpoint_auth": {"type": "client_secret_post", "client_secret": secret("CLIENT")},
}
OAUTH: dict[str, Any] = {
    "type": "mcp_oauth",
    "mcp_server_url": "https://mcp.example/sse",
    "access_token": secret("ACCESS"),
    "expires_at": "2099-01-01T00:00:00Z",
    "refresh": REFRESH,
}
NEW = secret("NEW")
NEW_REFRESH = {**REFRESH, "refresh_token": NEW}
NO_SCOPE = {key: value for key, value in REFRESH.items() if key != "scope"}


@pytest.mark.parametrize(
    ("auth", "rotated"),
    [
        (BEARER, [({**BEARER, "token": NEW}, "token")]),
        (VARIABLE, [({**VARIABLE, "secret_value": NEW}, "secret_value")]),
        (
            OAUTH,
            [
                ({**OAUTH, "access_token": NEW}, "access_token"),
                ({**OAUTH, "expires_at": "2098-01-01T00:00:00Z"}, "expires_at"),
                ({**OAUTH, "refresh": NEW_REFRESH}, "refresh_token"),
                ({**OAUTH, "refresh": NO_SCOPE}, "scope"),
            ],
        ),
    ],
    ids=["static_bearer", "environment_variable", "mcp_oauth"],
)
def test_a_credential(
    on_platform: Callable[[Work], None], auth: dict[str, Any], rotated: list[Any]
) -> None:
    async def work(stack: Stack) -> None:
        await stack.apply(VaultAdapter(stack.client), a_vault("other"))
        await stack.apply(VaultAdapter(stack.client), a_vault())
        adapter = CredentialAdapter(stack.client)
        await stack.settles(adapter, a_credential(auth))
        for other, name in rotated:
            assert name in await stack.settles(adapter, a_credential(other))
            await stack.settles(adapter, a_credential(auth))
        assert await stack.settles(adapter, a_credential(auth, metadata={"a": "b"})) == ["metadata"]
        await gone(stack, adapter, a_credential(auth))

    on_platform(work)


FIELDS: dict[str, dict[str, Any]] = {
    "network": {"network": {"access": "restricted", "allowed_domains": ["b.example", "a.example"]}},
    "blocked": {"network": {"access": "restricted", "blocked_domains": ["a.example"]}},
    "enabled": {"network": {"access": "enabled"}},
    "packages": {"packages": {"python": ["sympy", "numpy"], "npm": ["left"]}},
    "commands": {"setup_commands": [{"command": "make"}, {"command": "ls", "cwd": "/workspace"}]},
    "directories": {"capability_directories": ["/workspace/tools"]},
    "desktop": {"desktop": {"enabled": True}},
}


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
def test_a_field_of_an_environment_comes_and_goes(
    on_platform: Callable[[Work], None], fields: dict[str, Any]
) -> None:
    async def work(stack: Stack) -> None:
        adapter = EnvironmentAdapter(stack.client)
        await stack.settles(adapter, an_environment(fields))
        assert set(fields) <= set(await stack.settles(adapter, an_environment()))
        assert set(fields) <= set(await stack.settles(adapter, an_environment(fields)))
        await gone(stack, adapter, an_environment())

    on_platform(work)


def test_an_environment_with_files_skills_and_variables(
    on_platform: Callable[[Work], None], tmp_path: Path
) -> None:
    async def work(stack: Stack) -> None:
        await stack.apply(SkillAdapter(stack.client), a_skill(tmp_path / "skill", "Cite."))
        (tmp_path / "notes.md").write_text("notes")
        (notes,) = read_uploads([(tmp_path / "notes.md", "notes.md")], tmp_path / "hashes.json")
        purpose = {"purpose": "user_data"}
        file = await stack.client.upload("/files", purpose, notes, "notes.md")
        parts: dict[str, Any] = {
            "files": (EnvironmentFile("/workspace/notes.md", ExternalId("file", str(file["id"]))),),
            "skills": (SkillUse(Address("skill", "citing")),),
            "variables": {"MODE": "exam", "TOKEN": secret("TOKEN")},
        }
        adapter = EnvironmentAdapter(stack.client)
        await stack.settles(adapter, an_environment(**parts))
        others: dict[str, Any] = {
            "files": (replace(parts["files"][0], path="/workspace/n.md"),),
            "skills": (SkillUse(Address("skill", "citing"), "latest"),),
            "variables": {"MODE": "exam", "TOKEN": secret("NEW")},
        }
        for name, other in others.items():
            sent = await stack.settles(adapter, an_environment(**{**parts, name: other}))
            assert sent == [name]
            await stack.settles(adapter, an_environment(**parts))
        assert await stack.settles(adapter, an_environment()) == ["files", "skills", "variables"]

    on_platform(work)


def test_a_skill(on_platform: Callable[[Work], None], tmp_path: Path) -> None:
    async def work(stack: Stack) -> None:
        adapter = SkillAdapter(stack.client)
        folder = tmp_path / "skill"
        await stack.settles(adapter, a_skill(folder, "Cite."))
        object_id, first = stack.applied[Address("skill", "citing")]
        assert await stack.settles(adapter, a_skill(folder, "Cite well.")) == ["content"]
        second = stack.applied[Address("skill", "citing")][1]
        assert first["version"] != second["version"]
        path = f"/skills/{object_id}"
        await stack.client.change(path, {"default_version": first["version"]})
        assert await stack.settles(adapter, a_skill(folder, "Cite well.")) == ["version"]
        assert stack.applied[Address("skill", "citing")][1] == second
        sent = await stack.settles(adapter, a_skill(folder, "Cite well.", "How to cite well"))
        assert sent == ["description", "content"]
        await deleted_version(stack, object_id)
        assert await stack.settles(adapter, a_skill(folder, "Cite well.", "How to cite well")) == [
            "version"
        ]
        await gone(stack, adapter, a_skill(folder, "Cite."))

    on_platform(work)


async def deleted_version(stack: Stack, object_id: str) -> None:
    """Somebody makes the first version the default, and deletes ours."""
    path = f"/skills/{object_id}"
    ours = stack.applied[Address("skill", "citing")][1]["version"]
    await stack.client.change(path, {"default_version": "1"})
    await stack.client.delete(f"{path}/versions/{ours}")


def test_a_lost_skill_is_recognised_by_its_signature(
    on_platform: Callable[[Work], None], tmp_path: Path
) -> None:
    async def work(stack: Stack) -> None:
        resource = a_skill(tmp_path / "skill", "Cite.")
        adapter = SkillAdapter(stack.client)
        await stack.apply(adapter, resource)
        (page,) = [page async for page in adapter.pages()]
        names = adapter.type.signature
        assert [page[0].values[n] for n in names] == [resource.values[n] for n in names]

    on_platform(work)


def test_an_automation(on_platform: Callable[[Work], None]) -> None:
    async def work(stack: Stack) -> None:
        agent = await stack.client.create("/agents", {"model": "gpt-5", "name": "Tutor"})
        await stack.apply(VaultAdapter(stack.client), a_vault())
        await stack.apply(EnvironmentAdapter(stack.client), an_environment())
        adapter, base = AutomationAdapter(stack.client), {"agent": str(agent["id"])}
        await stack.settles(adapter, an_automation(**base))
        others: dict[str, dict[str, Any]] = {
            "prompt": {"prompt": "Ask more"},
            "environment": {"environment": Address("environment", "lab")},
            "vaults": {"vaults": (Address("vault", "keys"),)},
            "session_metadata": {"session_metadata": {"a": "b"}},
            "paused": {"paused": True},
            "timezone": {
                "schedule": {
                    "type": "periodic",
                    "expression": "0 8 * * 1",
                    "timezone": "Europe/Berlin",
                }
            },
        }
        for name, more in others.items():
            assert await stack.settles(adapter, an_automation(**base, **more)) == [name]
            assert await stack.settles(adapter, an_automation(**base)) == [name]
        await gone(stack, adapter, an_automation(**base))

    on_platform(work)


def test_an_automation_that_rests_from_the_start(on_platform: Callable[[Work], None]) -> None:
    async def work(stack: Stack) -> None:
        agent = await stack.client.create("/agents", {"model": "gpt-5"})
        once = {"type": "once", "run_at": 4_000_000_000}
        resource = an_automation(str(agent["id"]), schedule=once, paused=True)
        await stack.settles(AutomationAdapter(stack.client), resource)
        object_id, _ = stack.applied[resource.address]
        found = await stack.client.get(f"/agents/automations/{object_id}")
        assert found["status"] == "paused"

    on_platform(work)
