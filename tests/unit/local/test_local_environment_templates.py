"""/agents/environments/templates: what is shown, what is kept to itself, and how updates go."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

pytestmark = pytest.mark.anyio

SECRET = "s3cr3t-0f-t3sts"


def inline(size: int) -> str:
    return base64.b64encode(bytes(size)).decode()


def a_file(path: str, size: int = 1) -> dict[str, str]:
    return {"type": "inline", "data": inline(size), "path": path}


def an_archive(padding: int = 0, **source: str) -> dict[str, Any]:
    """An inline skill or plugin, of some more bytes; ``source`` replaces parts of what is in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("SKILL.md", SECRET)
        archive.writestr("padding", bytes(padding))
    data = base64.b64encode(buffer.getvalue()).decode()
    sent = {"type": "base64", "media_type": "application/zip", "data": data} | source
    return {"type": "inline", "name": "latex", "description": "Sets formulas.", "source": sent}


def on_two_disks() -> str:
    """The end of a zip archive that begins elsewhere."""
    return base64.b64encode(b"PK\6\7" + bytes(12) + b"\2\0\0\0PK\5\6" + bytes(18)).decode()


async def test_an_archive_may_be_as_large_as_the_api_allows_beside_inline_files(
    sdk: openai.AsyncOpenAI,
) -> None:
    files: Any = [a_file(f"/workspace/{name}", 5 * 1024 * 1024) for name in "ab"]
    made = await sdk.beta.agents.environments.templates.create(
        plugins=[an_archive(50 * 1024 * 1024)],  # type: ignore[list-item]
        files=files,
    )
    assert [plugin.name for plugin in made.plugins] == ["latex"]


def restricted(**domains: list[str]) -> dict[str, Any]:
    return {"access": "restricted", **domains}


async def test_a_template_of_which_nothing_is_said(sdk: openai.AsyncOpenAI) -> None:
    made = await sdk.beta.agents.environments.templates.create()
    assert made.model_dump(exclude={"id", "created_at", "updated_at"}) == {
        "object": "agent.environment.template",
        "name": None,
        "network": {"access": "disabled", "allowed_domains": []},
        "packages": {"npm": [], "python": [], "system": []},
        "files": [],
        "skills": [],
        "plugins": [],
        "capability_directories": [],
        "desktop": None,
    }


async def test_what_is_confidential_is_never_shown_and_never_kept(
    sdk: openai.AsyncOpenAI, database: Path
) -> None:
    made = await sdk.beta.agents.environments.templates.create(
        name="bench",
        env={"TOKEN": SECRET},
        setup_commands=[{"command": f"login {SECRET}"}],
        network={"access": "restricted", "blocked_domains": ["Bad.example"]},
        files=[{"type": "inline", "data": inline(10), "path": "/workspace/a"}],
        skills=[an_archive()],  # type: ignore[list-item]
        plugins=[an_archive()],  # type: ignore[list-item]
    )
    archive = {"type": "inline", "name": "latex", "description": "Sets formulas."}
    assert [each.model_dump() for each in (*made.skills, *made.plugins)] == [archive, archive]
    assert made.network.model_dump() == {"access": "restricted", "allowed_domains": []}
    assert made.files[0].model_dump() == {
        "type": "inline",
        "path": "/workspace/a",
        "size_bytes": 10,
    }
    assert SECRET not in made.model_dump_json()
    for file in database.parent.iterdir():
        assert SECRET.encode() not in file.read_bytes(), file


async def test_an_update_keeps_what_it_leaves_out_and_replaces_the_rest(
    sdk: openai.AsyncOpenAI,
) -> None:
    templates = sdk.beta.agents.environments.templates
    made = await templates.create(
        name="bench",
        packages={"python": ["numpy"], "npm": ["left-pad"]},
        network={"access": "enabled"},
        desktop={"enabled": True},
    )
    same = await templates.update(made.id)
    assert same.model_dump() == made.model_dump()
    changed = await templates.update(
        made.id, name=None, network=None, desktop=None, packages={"python": ["scipy"]}
    )
    assert (changed.name, changed.network.access, changed.desktop) == (None, "disabled", None)
    assert changed.packages.model_dump() == {"npm": [], "python": ["scipy"], "system": []}


async def test_nulls_reset_and_lists_are_replaced_whole(sdk: openai.AsyncOpenAI) -> None:
    templates = sdk.beta.agents.environments.templates
    bare = (await templates.create()).model_dump()
    made = await templates.create(
        name="bench",
        network={"access": "restricted", "allowed_domains": ["A.example"]},
        packages={"npm": ["left-pad"]},
        files=[{"type": "inline", "data": inline(1), "path": f"/workspace/{n}"} for n in "ab"],
        plugins=[an_archive()],  # type: ignore[list-item]
        capability_directories=["/workspace/tools"],
    )
    assert made.network.allowed_domains == ["a.example"]
    changed = await templates.update(
        made.id, files=[{"type": "inline", "data": inline(2), "path": "/workspace/c"}]
    )
    assert [file.path for file in changed.files] == ["/workspace/c"]
    assert changed.plugins == made.plugins
    reset = await templates.update(
        made.id,
        name=None,
        network=None,
        packages=None,
        files=None,
        skills=None,
        plugins=None,
        capability_directories=None,
        env=None,
        setup_commands=None,
    )
    assert reset.model_dump() == {**bare, "id": made.id}


async def test_a_referenced_file_is_not_too_large(
    sdk: openai.AsyncOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retinue.local.sessions.templates._MOST_REFERENCED", 3)
    for content, fits in ((b"abc", True), (b"abcd", False)):
        file = await sdk.files.create(file=("a.md", content), purpose="assistants")
        work = sdk.beta.agents.environments.templates.create(
            files=[{"type": "file_id", "file_id": file.id, "path": "/workspace/a.md"}]
        )
        if fits:
            assert (await work).files
        else:
            with pytest.raises(openai.BadRequestError, match="at most"):
                await work


async def test_files_and_skills_have_to_exist(sdk: openai.AsyncOpenAI) -> None:
    templates = sdk.beta.agents.environments.templates
    file = await sdk.files.create(file=("a.md", b"a"), purpose="assistants")
    skill = await sdk.skills.create(files=[("s/SKILL.md", b"---\nname: s\ndescription: d\n---\n")])
    made = await templates.create(
        files=[{"type": "file_id", "file_id": file.id, "path": "/workspace/a.md"}],
        skills=[{"type": "skill_reference", "skill_id": skill.id}],
    )
    assert made.skills[0].model_dump() == {
        "type": "skill_reference",
        "skill_id": skill.id,
        "version": None,
    }
    with pytest.raises(openai.NotFoundError, match="file-none"):
        await templates.update(
            made.id, files=[{"type": "file_id", "file_id": "file-none", "path": "/workspace/a"}]
        )
    with pytest.raises(openai.NotFoundError, match="skill_none"):
        await templates.create(skills=[{"type": "skill_reference", "skill_id": "skill_none"}])


async def test_templates_are_listed_in_pages_and_deleted(sdk: openai.AsyncOpenAI) -> None:
    templates = sdk.beta.agents.environments.templates
    ids = [(await templates.create(name=str(n))).id for n in range(3)]
    assert [each.id async for each in templates.list(limit=2)] == ids[::-1]
    assert (await templates.delete(ids[0])).deleted
    with pytest.raises(openai.NotFoundError):
        await templates.retrieve(ids[0])


@pytest.mark.parametrize(
    "sent",
    [
        {"env": {"PATH": "/bin"}},
        {"env": {"CODEX_HOME": "/"}},
        {"env": {"OPENAI_API_KEY": "x"}},
        {"env": {"": "x"}},
        {"env": {"A=B": "x"}},
        {"env": {"A": "x\0"}},
        {"network": restricted(allowed_domains=[f"{n}.example" for n in range(101)])},
        {"files": [a_file(f"/workspace/{n}", 4 * 1024 * 1024) for n in "abc"]},
        {"files": [a_file(f"/workspace/{n}") for n in range(51)]},
        {"skills": [an_archive(data=inline(10))]},
        {"skills": [an_archive(data=on_two_disks())]},
        {"skills": [an_archive(type="url")]},
        {"plugins": [an_archive(media_type="application/gzip")]},
        {"plugins": [{**an_archive(), "source": {}}]},
        {"plugins": [an_archive()] * 33},
        {"skills": [{"type": "skill_reference", "skill_id": "skill_1", "version": "0"}]},
        {"setup_commands": [{"command": "ls", "cwd": "here"}]},
        {"network": {"access": "restricted"}},
        {"network": {"access": "enabled", "allowed_domains": ["a.example"]}},
        {"network": restricted(allowed_domains=["*.example"])},
        {"network": restricted(allowed_domains=["a.example"], blocked_domains=["b.example"])},
        {"files": [a_file("/etc/a")]},
        {"files": [a_file("/workspace/../a")]},
        {"files": [{**a_file("/workspace/a"), "data": "%%%"}]},
        {"files": [a_file("/workspace/a")] * 2},
        {"files": [a_file("/workspace/a", 5 * 1024 * 1024 + 1)]},
        {"capability_directories": ["/a"] * 33},
        {"metadata": {"a": "b"}},
        {"name": 3},
    ],
)
async def test_what_is_no_template_is_refused(sdk: openai.AsyncOpenAI, sent: Any) -> None:
    with pytest.raises(openai.BadRequestError):
        await sdk.post(
            "/agents/environments/templates",
            cast_to=object,
            body=sent,
            options={"headers": {"OpenAI-Beta": "agents=v1"}},
        )


async def test_sessions_and_automations_name_templates_and_vaults_that_exist(
    sdk: openai.AsyncOpenAI,
) -> None:
    template = await sdk.beta.agents.environments.templates.create()
    vault = await sdk.beta.agents.vaults.create()
    hosted: Any = {"type": "openai_hosted", "environment_template_id": template.id}
    agent: Any = {"model": "some-model"}
    session = await sdk.beta.agents.sessions.create(
        agent=agent, environment=hosted, vault_ids=[vault.id], input="Hello"
    )
    assert session.id
    with pytest.raises(openai.NotFoundError, match="vault_none"):
        await sdk.beta.agents.sessions.create(
            agent=agent, environment=hosted, vault_ids=["vault_none"], input="Hello"
        )


@pytest.mark.parametrize("beta", ["", "agents=v2", "assistants=v2"])
async def test_a_beta_header_is_needed(http: httpx2.AsyncClient, beta: str) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/envtpl_1"), ("DELETE", "/envtpl_1")):
        answer = await http.request(
            method, f"/agents/environments/templates{path}", headers={"OpenAI-Beta": beta}
        )
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "invalid_beta"
