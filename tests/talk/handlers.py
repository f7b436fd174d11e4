"""Handlers of functions for the project of these tests."""

from __future__ import annotations

from tests.cli.shell import Shell

HANDLER = """\
import json, sys
arguments = json.load(sys.stdin)
print("prepared", arguments["title"])
"""

BOUND = """\
functions:
  display-quiz:
    name: display_quiz
    parameters: {type: object}
    handler:
"""


def bind(school: Shell, *lines: str, **files: str) -> None:
    """Give display-quiz a handler; nothing is applied."""
    handler = BOUND + "".join(f"      {line}\n" for line in lines)
    old = school.root / "assistants/team.yaml"
    text = old.read_text("utf-8")
    start, end = text.index("functions:"), text.index("files:\n  limits")
    school.write({"assistants/team.yaml": f"{text[:start]}{handler}\n{text[end:]}"})
    school.write({name.replace("__", "."): content for name, content in files.items()})


LASTING = "command: [sh, -c, 'sleep 60 & echo $! >> pids; wait']"
"""A handler that says which process it has started, and does not end."""


def pids(school: Shell) -> list[int]:
    """The processes that the lasting handler has started until now."""
    note = school.root / "pids"
    return [int(line) for line in note.read_text().splitlines()] if note.exists() else []
