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


def test_a_state_is_rebuilt_without_the_families_that_are_missing(
    shell: Shell, server: str
) -> None:
    with Proxy(server).running() as proxy:
        proxy.on("*", "/skills**", times=None).answer(404)
        project = f"project: part\nplatform: {{api: openai, base_url: {proxy.url}}}\n"
        shell.write({"retinue.yaml": project, "assistants/team.yaml": TEAM})
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
