"""What the README shows is what happens: its sessions are run, at a terminal, one after another.

In a block marked ``console`` a line that starts with ``$`` is typed; what follows is expected. A
line ``...`` stands for any lines. IDs and times are shown as ``…``, ``0s`` and ``0.1 s``.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.shell import ENTRY, Shell

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals", allow_module_level=True)

from tests.cli.terminal import on_a_terminal, typing

ROOT = Path(__file__).parents[2]
ANY = "..."


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as the README shows it, and the lines that it shows below."""

    command: str
    expected: tuple[str, ...]


def session(text: str) -> Iterator[Typed]:
    """The commands of every block marked ``console``."""
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = part.splitlines()
            yield Typed(command, tuple(lines))


def normal(screen: str) -> list[str]:
    """What is on a screen, without what differs from run to run."""
    text = re.sub(r"\b(asst_|vs_|file-|thread_)[A-Za-z0-9]{20,}", r"\1…", screen)
    text = re.sub(r"\b\d\.\d s\b", "0.1 s", text)
    return re.sub(r"after \d+s", "after 0s", text).splitlines()


def pattern(expected: tuple[str, ...]) -> str:
    """A regular expression for whole screens."""
    return "".join("(?:.*\n)*?" if line == ANY else f"{re.escape(line)}\n" for line in expected)


@pytest.fixture
def tour(tmp_path: Path) -> Shell:
    """The example as `make demo` leaves it."""
    root = tmp_path / "retinue"
    shutil.copytree(ROOT / "assistants", root / "assistants")
    shutil.copy(ROOT / "retinue.yaml", root)
    shell = Shell(root)
    shell.ok("apply", "--auto-approve")
    return shell


def test_the_readme_shows_what_happens(tour: Shell, tmp_path: Path) -> None:
    python, *code = ENTRY
    entry = tmp_path / "bin" / "retinue"
    entry.parent.mkdir()
    entry.write_text(f"#!/bin/sh\nexec '{python}' {code[0]} '{code[1]}' \"$@\"\n", "utf-8")
    entry.chmod(0o755)
    environ = {"PATH": f"{entry.parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    commands = list(session((ROOT / "README.md").read_text("utf-8")))
    assert len(commands) > 5
    for typed in commands:
        seen = on_a_terminal(["sh", "-c", typed.command], tour.root, typing("yes\n"), environ)
        shown = "".join(f"{line}\n" for line in normal(seen.screen))
        assert re.fullmatch(pattern(typed.expected), shown), f"$ {typed.command}\n{shown}"
