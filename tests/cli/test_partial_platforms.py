"""Servers that have a part of OpenAI's endpoints: what they lack is in nobody's way."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import KEY
from tests.cli.shell import Shell
from tests.support.proxy import Proxy

TEAM = """\
vector_stores:
  notes: {}
"""
WITH_A_SKILL = TEAM + "skills:\n  citing: {path: skills/citing}\n"
SKILL = "---\nname: citing\ndescription: How to cite.\n---\nName the page.\n"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "part", {"OPENAI_API_KEY": KEY})


def pointed_at(shell: Shell, proxy: Proxy, manifest: str, target: str = "assistants") -> None:
    platform = f"{{api: openai, base_url: {proxy.url}}}"
    project = f"project: part\ntarget: {target}\nplatform: {platform}\n"
    shell.write({"retinue.yaml": project, "assistants/team.yaml": manifest})


def test_a_state_is_rebuilt_without_the_families_that_are_missing(
    shell: Shell, server: str
) -> None:
    with Proxy(server).running() as proxy:
        proxy.on("*", "/skills**", times=None).answer(404)
        pointed_at(shell, proxy, TEAM)
        shell.ok("apply", "--auto-approve")
        shell.write(
            {"assistants/team.yaml": WITH_A_SKILL, "assistants/skills/citing/SKILL.md": SKILL}
        )
        shell.ok("state", "rm", "vector_store.notes")
        done = shell.ok("state", "rebuild")
        assert done.conclusion == "Recorded 1 object. Next: retinue plan"
        refused = shell("plan")
        assert refused.code == 1
        assert "/skills" in refused.err


TUTOR = "assistants: {tutor: {model: some-model, instructions: Be kind.}}\n"


def test_what_went_with_a_closed_family_was_changed_by_nobody(shell: Shell, server: str) -> None:
    with Proxy(server).running() as proxy:
        pointed_at(shell, proxy, TUTOR)
        shell.ok("apply", "--auto-approve")
        for path in ("/assistants", "/assistants/*"):
            proxy.on("*", path, times=None).answer(404, message="unknown URL")
        pointed_at(shell, proxy, TUTOR, "responses")
        planned = shell.ok("plan")
        assert "(because its target changes: the platform has closed the old one)" in planned.out
        assert "have changed outside" not in planned.out
        assert planned.conclusion == "Plan: 1 to add, 0 to change, 0 to destroy."
        assert shell("drift").code == 0
        shell.ok("apply", "--auto-approve")
        assert shell.ok("plan").out == "No changes. The platform matches the manifests.\n"


def test_an_assistant_that_is_no_longer_declared_is_forgotten_with_its_family(
    shell: Shell, server: str
) -> None:
    with Proxy(server).running() as proxy:
        pointed_at(shell, proxy, TUTOR)
        shell.ok("apply", "--auto-approve")
        for path in ("/assistants", "/assistants/*"):
            proxy.on("*", path, times=None).answer(404, message="unknown URL")
        pointed_at(shell, proxy, "{}\n")
        planned = shell.ok("plan")
        assert "(because the platform has closed its target)" in planned.out
        assert planned.conclusion.endswith("1 to forget.")
        shell.ok("apply", "--auto-approve")
        assert shell.ok("state", "list").out == ""


def test_a_plan_asks_whether_there_is_what_it_moves_to(shell: Shell, server: str) -> None:
    with Proxy(server).running() as proxy:
        pointed_at(shell, proxy, TUTOR, "responses")
        shell.ok("apply", "--auto-approve")
        proxy.on("*", "/agents**", times=None).answer(404, message="unknown URL")
        pointed_at(shell, proxy, TUTOR, "agents")
        refused = shell("plan")
        assert refused.code == 1
        assert "has no /agents" in refused.err
