"""Start-up has a budget: help, version and completion import nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "asyncio",
    "deepdiff",
    "httpx2",
    "jsonschema",
    "jsonschema_rs",
    "openai",
    "rich",
    "sqlite3",
    "starlette",
    "uvicorn",
    "yaml",
}

PROGRAM = """\
import sys
before = set(sys.modules)
from retinue.cli.main import run
code = run(sys.argv[1:])
print(*(set(sys.modules) - before), file=sys.stderr)
sys.exit(code)
"""


def imported(*args: str) -> set[str]:
    """The top-level packages that a command imports."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *args],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("args", [["--help"], ["--version"]], ids=" ".join)
def test_help_and_version_import_nothing_heavy(args: list[str]) -> None:
    assert imported(*args) & HEAVY == set()


def test_the_help_of_a_command_imports_nothing_heavy() -> None:
    assert imported("validate", "--help") & HEAVY == set()


def test_the_help_of_apply_imports_no_sdk() -> None:
    assert imported("apply", "--help") & HEAVY <= {"asyncio"}
