"""Skills: what instructs an agent and runs in its sandbox can be reviewed file by file."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.shell import Shell

HEAD = "---\nname: citing\ndescription: How to cite sources.\n---\n"
FOLDER = "assistants/skills/citing"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "school")
    shell.write(
        {
            "retinue.yaml": "project: school\n",
            "assistants/team.yaml": "skills: {citing: {path: skills/citing}}\n",
            f"{FOLDER}/SKILL.md": f"{HEAD}Name the page.\n",
            f"{FOLDER}/old.py": "print('old')\n",
            f"{FOLDER}/same.txt": "Stays.\n",
        }
    )
    shell.ok("apply", "--auto-approve")
    return shell


def test_a_plan_names_the_files_that_change(shell: Shell) -> None:
    shell.write(
        {
            f"{FOLDER}/SKILL.md": f"{HEAD}Name page and title.\n",
            f"{FOLDER}/old.py": None,
            f"{FOLDER}/scripts/new.py": "print('new')\n",
        }
    )
    lines = [line.strip() for line in shell.ok("plan").out.splitlines()]
    start = lines.index("~ content = [")
    shown = lines[start + 1 : lines.index("]", start)]
    assert [line.partition("  # ")[0] for line in shown] == [
        "- old.py",
        "~ SKILL.md",
        "+ scripts/new.py",
        "# (1 unchanged element hidden)",
    ]
    assert shown[1].count("sha256") == 2
    shell.ok("apply", "--auto-approve")
    assert shell.ok("plan").out == "No changes. The platform matches the manifests.\n"


def test_a_file_that_changes_after_the_plan_makes_it_stale(shell: Shell) -> None:
    shell.write({f"{FOLDER}/old.py": "print('newer')\n"})
    shell.ok("plan", "--out", "skill.plan")
    shell.write({f"{FOLDER}/old.py": "print('newest')\n"})
    refused = shell("apply", "skill.plan")
    assert refused.code in (3, 5)
    assert "skills/citing" in refused.err + refused.out
