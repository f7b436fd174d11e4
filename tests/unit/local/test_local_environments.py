"""/agents/environments: kept and shown, and honest about never being there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, AsyncOpenAI, BadRequestError, ConflictError, NotFoundError
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


async def test_one_that_is_not_connected_has_no_files(sdk: AsyncOpenAI) -> None:
    made = await sdk.beta.agents.environments.create(environment=HOSTED)
    files = sdk.beta.agents.environments.files
    for request in (
        files.list(made.id),
        files.create(made.id, path="/workspace/a.txt", type="inline", data="eA=="),
    ):
        with pytest.raises(ConflictError, match=f"{made.id} is failed, not connected"):
            await request
    with pytest.raises(NotFoundError):
        await files.list("env_x")


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


SECRET = "s3cr3t-0f-t3sts"


async def test_one_is_configured_without_a_template(
    sdk: AsyncOpenAI, upload: Any, database: Path
) -> None:
    """As a template says it; what is confidential is forgotten at once."""
    asked: Any = {
        "network": {"access": "restricted", "blocked_domains": ["ads.example"]},
        "packages": {"python": ["numpy"]},
        "desktop": {"enabled": True},
        "files": [
            {"type": "file_id", "file_id": await upload(), "path": "/workspace/a"},
            {"type": "inline", "data": "aGk=", "path": "/workspace/b"},
        ],
        "skills": None,
        "env": {"TOKEN": SECRET},
        "setup_commands": [{"command": f"login {SECRET}"}],
    }
    session = await begin(sdk, environment=HOSTED | asked)
    made = await sdk.beta.agents.environments.create(environment=HOSTED | asked)
    for shown in (session.environment.to_dict(), made.to_dict()):
        assert (shown["files"], shown["skills"]) == ([], [])
    shown = session.environment.to_dict()
    assert shown["network"] == {"access": "restricted", "allowed_domains": []}
    assert shown["desktop"] == {"enabled": True}
    target: Any = {
        "type": "new_session",
        "agent": {"model": "m"},
        "environment": HOSTED | asked,
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "go"}]}],
    }
    automation: Any = await sdk.beta.agents.automations.create(
        type="periodic", name="n", expression="0 6 * * *", timezone="UTC", target=target
    )
    told = automation.target.environment.to_dict()
    assert told["packages"] == {"npm": [], "python": ["numpy"], "system": []}
    assert told["files"][1] == {"type": "inline", "path": "/workspace/b", "size_bytes": 2}
    assert "env" not in told
    for file in database.parent.glob(f"{database.name}*"):
        assert SECRET.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"packages": {"rust": []}}, "environment.packages.rust"),
        (
            {"files": [{"type": "file_id", "file_id": "f", "path": "/a"}]},
            "environment.files[0].path",
        ),
        (
            {"files": [{"type": "file_id", "file_id": "file-x", "path": "/workspace/a"}]},
            "environment.files[0].file_id",
        ),
        (
            {"skills": [{"type": "skill_reference", "skill_id": "skill_x"}]},
            "environment.skills[0].skill_id",
        ),
        ({"env": {"PATH": "/bin"}}, "environment.env.PATH"),
    ],
)
async def test_what_can_not_be_configured(
    sdk: AsyncOpenAI, asked: dict[str, Any], param: str
) -> None:
    for request in (
        begin(sdk, environment=HOSTED | asked),
        sdk.beta.agents.environments.create(environment=HOSTED | asked),
    ):
        with pytest.raises(APIStatusError) as caught:
            await request
        assert caught.value.param == param


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


@pytest.mark.parametrize(
    ("template", "given", "fits"),
    [
        (None, {"access": "disabled"}, True),
        (None, {"access": "enabled"}, False),
        (None, {"access": "restricted", "allowed_domains": ["a.example"]}, False),
        ({"access": "enabled"}, {"access": "restricted", "allowed_domains": ["a.example"]}, True),
        (
            {"access": "restricted", "allowed_domains": ["a.example", "b.example"]},
            {"access": "restricted", "allowed_domains": ["b.example"]},
            True,
        ),
        (
            {"access": "restricted", "allowed_domains": ["a.example"]},
            {"access": "restricted", "allowed_domains": ["b.example"]},
            False,
        ),
        (
            {"access": "restricted", "allowed_domains": ["a.example"]},
            {"access": "restricted", "blocked_domains": ["b.example"]},
            False,
        ),
    ],
)
async def test_a_session_can_narrow_the_network_of_its_template(
    sdk: AsyncOpenAI, template: Any, given: Any, *, fits: bool
) -> None:
    made = await sdk.beta.agents.environments.templates.create(network=template)
    asked = HOSTED | {"environment_template_id": made.id, "network": given}
    if fits:
        shown = (await begin(sdk, environment=asked)).environment.to_dict()
        assert shown["network"]["access"] == given["access"]  # type: ignore[index]
    else:
        with pytest.raises(BadRequestError, match="broader") as caught:
            await begin(sdk, environment=asked)
        assert caught.value.param == "environment.network"


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
