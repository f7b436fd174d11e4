"""/agents/environments: kept and shown, and honest about never being there."""

from __future__ import annotations

from typing import Any

import pytest
from openai import AsyncOpenAI, BadRequestError, ConflictError, NotFoundError
from tests.unit.local.sessions import begin

pytestmark = pytest.mark.anyio

HOSTED: Any = {"type": "openai_hosted"}


async def test_creates_reads_and_lists(sdk: AsyncOpenAI) -> None:
    made = [await sdk.beta.agents.environments.create(environment=HOSTED) for _ in range(3)]
    assert made[0].id.startswith("env_")
    assert (made[0].object, made[0].type, made[0].status) == (
        *("agent.environment", "openai_hosted"),
        "failed",
    )
    assert (made[0].files, made[0].plugins, made[0].skills) == ([], [], [])
    assert await sdk.beta.agents.environments.retrieve(made[1].id) == made[1]
    listed = [each async for each in sdk.beta.agents.environments.list(limit=2, order="asc")]
    assert listed == made
    with pytest.raises(NotFoundError):
        await sdk.beta.agents.environments.retrieve("env_x")


async def test_a_key_makes_one_environment(sdk: AsyncOpenAI) -> None:
    create = sdk.beta.agents.environments.create
    first = await create(environment=HOSTED, idempotency_key="k")
    assert await create(environment=HOSTED, idempotency_key="k") == first
    with pytest.raises(ConflictError):
        await create(environment=HOSTED, vault_ids=[], idempotency_key="k")
    assert len((await sdk.beta.agents.environments.list()).data) == 1


async def test_a_session_uses_one_that_exists(sdk: AsyncOpenAI) -> None:
    made = await sdk.beta.agents.environments.create(environment=HOSTED)
    session = await begin(sdk, environment=HOSTED | {"environment_id": made.id})
    assert session.environment.type == "openai_hosted"
    assert session.environment.id == made.id
    with pytest.raises(NotFoundError):
        await begin(sdk, environment=HOSTED | {"environment_id": "env_x"})
    for more in ({"container_size": "small"}, {"environment_template_id": "tmpl_x"}):
        with pytest.raises(BadRequestError):
            await begin(sdk, environment=HOSTED | {"environment_id": made.id} | more)


async def test_what_is_asked_for_is_shown_and_nothing_is_installed(sdk: AsyncOpenAI) -> None:
    asked = {"container_size": "large", "capability_directories": ["/workspace/skills"]}
    session = await begin(sdk, environment=HOSTED | asked)
    shown = session.environment.to_dict()
    assert shown | asked == shown
    assert (shown["files"], shown["skills"], shown["plugins"]) == ([], [], [])
    assert shown["network"] == {"access": "disabled", "allowed_domains": []}
    with pytest.raises(BadRequestError, match="from an environment template alone") as caught:
        await begin(sdk, environment=HOSTED | {"packages": {"python": ["numpy"]}})
    assert caught.value.param == "environment.packages"


async def test_a_session_freezes_its_template(sdk: AsyncOpenAI) -> None:
    templates = sdk.beta.agents.environments.templates
    made = await templates.create(
        network={"access": "restricted", "allowed_domains": ["data.example"]},
        packages={"python": ["numpy"]},
        capability_directories=["/workspace/skills"],
        desktop={"enabled": True},
    )
    asked = HOSTED | {"environment_template_id": made.id}
    session = await begin(sdk, environment=asked)
    other = await begin(sdk, environment=asked | {"capability_directories": ["/workspace/own"]})
    await templates.update(made.id, network={"access": "disabled"})
    await templates.delete(made.id)
    shown = (await sdk.beta.agents.sessions.retrieve(session.id)).environment.to_dict()
    assert shown["network"] == {"access": "restricted", "allowed_domains": ["data.example"]}
    assert (shown["desktop"], shown["capability_directories"]) == (
        *({"enabled": True},),
        ["/workspace/skills"],
    )
    assert shown["packages"] == {"npm": [], "python": [], "system": []}
    assert other.environment.to_dict()["capability_directories"] == ["/workspace/own"]
    with pytest.raises(NotFoundError) as caught:
        await begin(sdk, environment=asked)
    assert caught.value.param == "environment.environment_template_id"


async def test_vaults_have_to_exist(sdk: AsyncOpenAI) -> None:
    vault = await sdk.beta.agents.vaults.create(name="keys")
    session = await begin(sdk, vault_ids=[vault.id])
    assert session.vault_ids == [vault.id]
    for request in (
        begin(sdk, vault_ids=["vault_x"]),
        sdk.beta.agents.environments.create(environment=HOSTED, vault_ids=["vault_x"]),
    ):
        with pytest.raises(NotFoundError, match="No vault found") as caught:
            await request
        assert caught.value.param == "vault_ids"


async def test_a_session_makes_its_own(sdk: AsyncOpenAI) -> None:
    own = {"type": "self_hosted", "workspace_directory": "/work"}
    session = await begin(sdk, environment=own)
    assert session.environment.type == "self_hosted"
    assert session.environment.workspace_directory == "/work"
    assert session.environment.capability_directories == []
    kept = await sdk.beta.agents.environments.retrieve(session.environment.id)
    assert (kept.type, kept.status) == ("self_hosted", "disconnected")
    assert (await sdk.beta.agents.environments.list()).data == []
    with pytest.raises(BadRequestError):
        await begin(sdk, environment=own | {"workspace_directory": "work"})
