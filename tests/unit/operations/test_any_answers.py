"""Whatever JSON a server answers with: an error of ours or a result, and nothing else."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds.mangling import JSON, Mangled, Mangling
from tests.worlds.world import World, a_world

from retinue.engine.plan_json import plan_to_json
from retinue.errors import RetinueError
from retinue.operations.planning import Planned
from retinue.render.style import PLAIN
from retinue.render.text import plan_text

SKILL = "---\nname: latex\ndescription: Sets formulas.\n---\nUse amsmath.\n"
FILES = {
    "assistants/a.md": "What we read.\n",
    "assistants/b.md": "What we read now.\n",
    "assistants/latex/SKILL.md": SKILL,
}
TOOLS = [
    {"type": "code_interpreter", "files": ["paper"]},
    {"type": "file_search", "vector_store": "notes"},
    {"type": "function", "function": "quiz"},
]
MANIFEST: dict[str, Any] = {
    "functions": {"quiz": {"name": "quiz", "parameters": {"type": "object"}}},
    "files": {"paper": {"path": "a.md"}},
    "vector_stores": {"notes": {"files": [{"file": "paper", "attributes": {"year": 2024}}]}},
    "assistants": {
        "tutor": {"model": "gpt-4o", "tools": TOOLS, "metadata": {"team": "maths"}},
        "saved": {
            "target": "agents",
            "model": "gpt-5",
            "environment": "bench",
            "vaults": ["tools"],
            "tools": [{"type": "function", "function": "quiz"}],
        },
    },
    "environments": {
        "bench": {"skills": ["latex"], "packages": {"python": ["numpy"]}, "variables": {"A": "b"}}
    },
    "vaults": {"tools": {}},
    "credentials": {
        "door": {
            "vault": "tools",
            "type": "static_bearer",
            "mcp_server_url": "https://mcp.example/mcp",
            "token": "${env:TOKEN}",
        }
    },
    "skills": {"latex": {"path": "latex"}},
    "automations": {
        "nightly": {
            "assistant": "saved",
            "schedule": {"cron": "0 6 * * *", "timezone": "UTC"},
            "prompt": "Set a quiz.",
            "environment": "bench",
        }
    },
}
CHANGED = {
    **MANIFEST,
    "files": {"paper": {"path": "b.md"}},
    "vaults": {"tools": {"name": "Tools"}},
    "environments": {"bench": {"packages": {"python": ["numpy", "sympy"]}}},
}

MANGLED = st.builds(
    Mangled,
    first=st.integers(0, 25),
    steps=st.lists(st.integers(0, 40), max_size=6).map(tuple),
    junk=JSON,
    on=st.booleans(),
)


@dataclass(repr=False)
class Mangles:
    """A world that is applied, on a wire that can mangle."""

    world: World
    wire: Mangling
    state: dict[str, bytes]

    def over(self, how: Mangled) -> None:
        """From here on; the state is the first one."""
        self.world.put_state(self.state)
        self.wire.begin(how)


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mangles]:
    with a_world(tmp_path_factory.mktemp("mangled")) as world:
        wire = prepared(world)
        complete(world)
        yield Mangles(world, wire, world.kept_state())


def prepared(world: World) -> Mangling:
    """Write the project; the wire that mangles."""
    world.environ["TOKEN"] = "a-token-of-ours"
    world.write(FILES)
    world.declare(MANIFEST)
    wire = Mangling(world.wire)
    world.through = wire
    return wire


def complete(world: World) -> None:
    outcome = world.apply().outcome
    assert outcome is None or outcome.complete, outcome.failed


def shown(planned: Planned) -> None:
    """Whatever a plan holds can be shown."""
    plan_text(planned.plan, planned.verdict, PLAIN)
    plan_to_json(planned.plan, planned.verdict)


@settings(max_examples=150)
@given(how=MANGLED)
def test_a_plan_is_made_or_says_what_is_wrong(applied: Mangles, how: Mangled) -> None:
    applied.world.declare(CHANGED)
    applied.over(how)
    with contextlib.suppress(RetinueError):
        shown(applied.world.plan())


def tracked(world: World) -> set[str]:
    """The IDs that the state knows of objects on the platform."""
    entries = world.state.entries.values()
    return {each.partition("/")[2] or each for entry in entries for each in entry.objects}


def there(world: World) -> set[str]:
    """The IDs of all objects on the platform."""
    kinds = ("file", "vector_store", "assistant", "agent", "environment", "vault", "skill")
    return {item["id"] for kind in (*kinds, "automation") for item in world.objects(kind)}


def _seen_through(how: Mangled) -> bool:
    """Nobody can see through a text in the place of an ID: it might be one."""
    return not isinstance(how.junk, str)


@settings(max_examples=25)
@given(how=MANGLED.filter(_seen_through))
def test_an_apply_fails_by_errors_of_ours_alone_and_makes_nothing_twice(how: Mangled) -> None:
    with tempfile.TemporaryDirectory() as folder, a_world(Path(folder)) as world:
        wire = prepared(world)
        wire.begin(how)
        with contextlib.suppress(RetinueError):
            outcome = world.apply().outcome
            for failure in outcome.failed if outcome is not None else ():
                assert isinstance(failure.error, RetinueError), wire.changed
        if not how.on:  # who is told again and again that there is nothing has to believe it
            wire.begin(None)
            complete(world)
            assert there(world) <= tracked(world)
