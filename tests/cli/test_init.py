"""`retinue init`: a project that works as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.cli.shell import Shell

WRITTEN = [
    ".github/workflows/assistants.yml",
    ".gitignore",
    "assistants/docs/welcome.md",
    "assistants/prompts/tutor.md",
    "assistants/tutor.yaml",
    "retinue.yaml",
]


@pytest.fixture
def home(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def files_of(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_writes_a_project_that_plans_and_applies(home: Shell) -> None:
    done = home.process("init", "my-team")
    assert done.code == 0
    assert done.conclusion == "Next: cd my-team && retinue plan"
    team = Shell(home.root / "my-team")
    assert sorted(files_of(team.root)) == WRITTEN
    team.ok("validate")
    assert team.ok("plan").conclusion == "Plan: 3 to add, 0 to change, 0 to destroy."
    team.ok("apply", "--auto-approve")
    assert team.ok("plan").out == "No changes. The platform matches the manifests.\n"


@pytest.mark.parametrize("target", ["responses", "agents"])
def test_the_example_of_a_target_applies_and_then_has_nothing_left_to_do(
    home: Shell, target: str
) -> None:
    home.ok("init", "team", "--target", target)
    team = Shell(home.root / "team")
    settings = yaml.safe_load((team.root / "retinue.yaml").read_text("utf-8"))
    assert settings["target"] == target
    assert team.ok("validate").err == ""
    assert team.ok("validate", "--target", target).err == ""
    team.ok("apply", "--auto-approve")
    assert team.ok("plan").out == "No changes. The platform matches the manifests.\n"
    assert team.ok("ask", "tutor", "When is the next lesson?").out


def test_the_example_of_agents_shows_what_only_they_have(home: Shell) -> None:
    home.ok("init", "--target", "agents")
    home.ok("apply", "--auto-approve")
    assert home.ok("state", "list").out.splitlines() == [
        "assistant.tutor",
        "environment.classroom",
        "file.handbook",
        "skill.study-plan",
    ]


def test_a_target_that_does_not_exist_is_refused(home: Shell) -> None:
    done = home("init", "--target", "threads")
    assert done.code == 1
    assert files_of(home.root) == {}


def test_names_the_project_after_its_folder(home: Shell) -> None:
    home.ok("init", "My Team")
    settings = yaml.safe_load((home.root / "My Team/retinue.yaml").read_text("utf-8"))
    assert settings["project"] == "my-team"


def test_here_is_the_default(home: Shell) -> None:
    assert home.ok("init").conclusion == "Next: retinue plan"
    assert sorted(files_of(home.root)) == WRITTEN


def test_overwrites_nothing(home: Shell) -> None:
    home.write({"assistants/tutor.yaml": "mine\n", "README.md": "mine too\n"})
    before = files_of(home.root)
    done = home("init")
    assert done.code == 1
    assert "assistants/tutor.yaml" in done.err
    assert files_of(home.root) == before


def test_a_second_time_refuses(home: Shell) -> None:
    home.ok("init", "team")
    before = files_of(home.root)
    assert home("init", "team").code == 1
    assert files_of(home.root) == before


def test_a_gitignore_that_is_there_gets_what_it_lacks(home: Shell) -> None:
    home.write({".gitignore": "*.log\n.env\n"})
    home.ok("init")
    lines = (home.root / ".gitignore").read_text("utf-8").splitlines()
    assert lines == ["*.log", ".env", ".retinue/"]


def test_the_pipeline_that_it_writes_is_yaml(home: Shell) -> None:
    home.ok("init")
    pipeline = yaml.safe_load((home.root / WRITTEN[0]).read_text("utf-8"))
    assert set(pipeline["jobs"]) == {"validate", "plan", "apply"}


def test_a_folder_that_is_a_file_is_an_error(home: Shell) -> None:
    home.write({"team": "a file\n"})
    assert home("init", "team").code == 1
    assert home("init", "team/inside").code == 1
