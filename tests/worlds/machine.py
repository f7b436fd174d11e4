"""A team at work, at random: it edits manifests, renames, meddles in the dashboard, loses answers,
gets killed; and after every apply that ends well the promises of `tests.worlds.promises` hold.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.worlds.promises import (
    FORCED,
    UNMARKED,
    live_equals_desired,
    nothing_is_left_to_do,
    one_object_per_address,
)
from tests.worlds.sketch import CONTENTS, FIELDS, KINDS, SECRETS, Sketch
from tests.worlds.wire import Fault, Script, Sent, no_fault
from tests.worlds.world import World, path_to

from retinue.address import Address
from retinue.engine.plan import Action, Plan
from retinue.errors import PlatformError
from retinue.operations.applying import Applied

FAULTS = [None, None, None, *Fault]
EDITS: dict[str, list[dict[str, Any]]] = {
    "assistants.assistant": [
        {"temperature": 0.7},
        {"metadata": {}},
        {"tools": []},
        {"instructions": "z"},
        {"tool_resources": {"code_interpreter": {"file_ids": []}}},
    ],
    "agents.assistant": [
        {"service_tier": "priority"},
        {"text": {"verbosity": "high"}},
        {"metadata": {}},
        {"tools": []},
        {"instructions": "z"},
    ],
    "vault": [{"name": "z"}, {"metadata": {}}],
    "credential": [{"metadata": {}}],
    "environment": [{"name": "z"}, {"packages": {"npm": ["z"]}}, {"files": []}],
    "automation": [{"name": "z"}, {"metadata": {}}, {"expression": "1 1 * * *"}],
}
"""What somebody else may do to an object, by type."""
FAMILIES_OF = {
    "assistants": ("/assistants", "/agents"),
    "vector_stores": ("/vector_stores",),
    "files": ("/files",),
    "skills": ("/skills",),
    "vaults": ("/vaults",),
    "credentials": ("/credentials",),
    "environments": ("/templates",),
    "automations": ("/automations",),
}
"""How the paths end that the objects of a section are created under."""
NAMELESS = re.compile(r"(?:file-|envtpl_|skill_)\w+")
"""The ID of something that carries no marker."""
STRAY = re.compile(r"(\S+) carries the marker of (\S+), (but|which)")
"""An untracked object of ours and its address in a note; "which" now has another target."""


class Team(RuleBasedStateMachine):
    """One project under test. ``sketch`` is what it declares."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self._folder.name) / "project")
        self.world.environ = dict(SECRETS)
        self.sketch = Sketch()
        self.foreign: set[str] = set()
        self.reported: set[str] = set()
        self.backup: dict[str, bytes] | None = None

    def teardown(self) -> None:
        self.world.close()
        self._folder.cleanup()

    # --- the manifests -------------------------------------------------------------------------

    def _has(self, section: str) -> bool:
        return bool(self.sketch.sections[section])

    def _drawn(self) -> dict[str, Callable[[st.DataObject], dict[str, Any]]]:
        """How resources of each section are drawn, as far as there is what they need."""
        makers: dict[str, Callable[[st.DataObject], dict[str, Any]]] = {
            "assistants": self.sketch.assistant,
            "vector_stores": self.sketch.store,
            "vaults": self.sketch.vault,
            "environments": self.sketch.environment,
            "skills": self._skill,
        }
        if self.sketch.free_paths():
            makers["files"] = self._file
        if self._has("vaults"):
            makers["credentials"] = self.sketch.credential
        if self.sketch.agents():
            makers["automations"] = self.sketch.automation
        return makers

    @initialize(data=st.data())
    def start(self, data: st.DataObject) -> None:
        for section in ("files", "files", "vector_stores", "vaults", "skills", "assistants"):
            self._add(data, section)

    def _file(self, data: st.DataObject) -> dict[str, Any]:
        path = data.draw(st.sampled_from(self.sketch.free_paths()))
        self._fill(path, data.draw(st.sampled_from(CONTENTS)))
        return {"path": path}

    def _fill(self, path: str, content: str) -> None:
        self.world.write({f"assistants/{path}": f"content {content}"})

    def _skill(self, data: st.DataObject) -> dict[str, Any]:
        path = f"skills/{self.sketch.fresh_name()}"
        self._teach(path, data.draw(st.sampled_from(CONTENTS)))
        return {"path": path}

    def _teach(self, path: str, content: str) -> None:
        head = f"---\nname: {Path(path).name}\ndescription: Knows {content or 'nothing'}.\n---\n"
        self.world.write({f"assistants/{path}/SKILL.md": head})

    @rule(data=st.data())
    def add(self, data: st.DataObject) -> None:
        self._add(data, data.draw(st.sampled_from(sorted(self._drawn())), label="section"))

    def _add(self, data: st.DataObject, section: str) -> None:
        self.sketch.sections[section][self.sketch.fresh_name()] = self._drawn()[section](data)

    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        sections = sorted(section for section in self._drawn() if self._has(section))
        if sections:
            section = data.draw(st.sampled_from(sections), label="section")
            name, resource = self.sketch.one(data, section), self._drawn()[section](data)
            if section == "assistants":
                self.sketch.put_assistant(name, resource)
            else:
                self.sketch.sections[section][name] = resource

    @precondition(lambda self: self._has("assistants"))
    @rule(data=st.data(), to=st.sampled_from(sorted(FIELDS)))
    def switch_target(self, data: st.DataObject, to: str) -> None:
        name = self.sketch.one(data, "assistants")
        self.sketch.put_assistant(name, self.sketch.assistant(data, to))

    @precondition(lambda self: self._has("files"))
    @rule(data=st.data())
    def change_content(self, data: st.DataObject) -> None:
        path = self.sketch.sections["files"][self.sketch.one(data, "files")]["path"]
        self._fill(path, data.draw(st.sampled_from(CONTENTS)))

    @precondition(lambda self: self._has("skills"))
    @rule(data=st.data())
    def change_skill(self, data: st.DataObject) -> None:
        path = self.sketch.sections["skills"][self.sketch.one(data, "skills")]["path"]
        self._teach(path, data.draw(st.sampled_from(CONTENTS)))

    @precondition(lambda self: self._has("files"))
    @rule(data=st.data())
    def swap_contents(self, data: st.DataObject) -> None:
        first = self.sketch.sections["files"][self.sketch.one(data, "files")]
        second = self.sketch.sections["files"][self.sketch.one(data, "files")]
        first["path"], second["path"] = second["path"], first["path"]

    @rule(data=st.data(), section=st.sampled_from(sorted(KINDS)))
    def remove(self, data: st.DataObject, section: str) -> None:
        if self._has(section):
            self.sketch.remove(section, self.sketch.one(data, section))

    @rule(data=st.data(), section=st.sampled_from(sorted(KINDS)), told=st.booleans())
    def rename(self, data: st.DataObject, section: str, *, told: bool) -> None:
        if self._has(section):
            self.sketch.rename(section, self.sketch.one(data, section), told=told)

    # --- somebody else -------------------------------------------------------------------------

    def _meddle(self, data: st.DataObject, *types: str) -> Address | None:
        """The address of an object that is still there."""
        there = [
            address
            for address, entry in sorted(self.world.state.entries.items())
            if entry.type in types and self.world.is_there(str(address))
        ]
        return data.draw(st.sampled_from(there)) if there else None

    @rule(data=st.data(), type_=st.sampled_from(["file", "vector_store", "skill", *EDITS]))
    def delete_by_hand(self, data: st.DataObject, type_: str) -> None:
        address = self._meddle(data, type_)
        if address is not None:
            self.world.by_hand("DELETE", self.world.path_of(str(address)))

    @rule(data=st.data())
    def edit_by_hand(self, data: st.DataObject) -> None:
        address = self._meddle(data, *EDITS)
        if address is not None:
            body = data.draw(st.sampled_from(EDITS[self.world.state.entries[address].type]))
            self.world.by_hand("POST", self.world.path_of(str(address)), body)

    @rule(data=st.data())
    def attach_by_hand(self, data: st.DataObject) -> None:
        address = self._meddle(data, "vector_store")
        if address is not None:
            file = self.world.upload_by_hand("theirs.md", b"theirs")
            self.foreign.add(file)
            path = f"{self.world.path_of(str(address))}/files"
            self.world.by_hand("POST", path, {"file_id": file})

    @rule(data=st.data())
    def detach_by_hand(self, data: st.DataObject) -> None:
        address = self._meddle(data, "vector_store")
        if address is not None:
            attached = self.world.live(str(address))["files"]
            if attached:
                path = f"{self.world.path_of(str(address))}/files/{attached[0]['id']}"
                self.world.by_hand("DELETE", path)

    # --- Retinue -------------------------------------------------------------------------------

    @rule(
        faults=st.lists(st.sampled_from(FAULTS), max_size=12),
        lag=st.integers(0, 2),
        parallelism=st.sampled_from([1, 4]),
    )
    def apply(self, faults: list[Fault | None], lag: int, parallelism: int) -> None:
        """Apply while one request after the other may fail."""
        rest = iter(faults)
        self._apply_under(lambda _: next(rest, None), lag, parallelism)

    @rule()
    def apply_in_peace(self) -> None:
        self._apply_under(no_fault)

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=8))
    def give_up(self, faults: list[Fault | None]) -> None:
        """Apply while requests fail, and leave it at that: the manifests may be others by the next
        apply."""
        rest = iter(faults)
        self.world.declare(self.sketch.document())
        self._broken_apply(lambda _: next(rest, None))

    @rule()
    def decline(self) -> None:
        """Look at the plan, and say no."""
        self.world.declare(self.sketch.document())
        applied = self.world.apply(FORCED, approve=lambda _: False)
        assert applied.outcome is None
        self._note(applied.planned.plan)

    @rule(faults=st.lists(st.sampled_from(list(Fault)), min_size=1, max_size=4))
    def apply_while_creates_fail(self, faults: list[Fault]) -> None:
        """Faults for creating requests alone: what peers lose or double."""
        rest = iter(faults)
        self._apply_under(lambda sent: next(rest, None) if sent.creates else None)

    @rule(data=st.data(), faults=st.lists(st.sampled_from(list(Fault)), min_size=1, max_size=3))
    def add_while_its_create_fails(self, data: st.DataObject, faults: list[Fault]) -> None:
        """The same for one family, so that each has its turn."""
        section = data.draw(st.sampled_from(sorted(self._drawn())), label="section")
        self._add(data, section)
        rest = iter(faults)

        def script(sent: Sent) -> Fault | None:
            ours = sent.creates and sent.path.endswith(FAMILIES_OF[section])
            return next(rest, None) if ours else None

        self._apply_under(script)

    @rule()
    def back_up(self) -> None:
        if not self.world.state.pending:
            self.backup = self.world.kept_state()

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self) -> None:
        """An older state comes back. What took the place of what it tracks is found and adopted;
        what is declared nowhere is named, and somebody deletes it."""
        world = self.world
        world.declare(self.sketch.document())
        world.put_state(self.backup or {})
        tracked = {i for entry in world.state.entries.values() for i in entry.objects}
        unmarked = {item["id"] for type_ in UNMARKED for item in world.objects(type_)}
        self.foreign |= unmarked - tracked
        plan = world.plan(FORCED).plan
        strays = STRAY.findall("\n".join(plan.notes))
        created = {str(c.address) for c in plan.pending if c.action is Action.CREATE}
        assert created.isdisjoint(address for _, address, why in strays if why == "but")
        for object_id in sorted((each[0] for each in strays), key=lambda each: "/" not in each):
            world.by_hand("DELETE", path_to(object_id))
        self._apply_under(no_fault)

    def _apply_under(self, script: Script, lag: int = 0, parallelism: int = 4) -> None:
        """Apply under faults; where that does not end well, apply once more in peace."""
        world = self.world
        world.declare(self.sketch.document())
        world.parallelism, world.wire.lag = parallelism, lag
        clean = self._broken_apply(script)
        if not clean or lag:
            world.wire.lag = 0
            world.time.now += 30
            clean = self._apply()
        assert clean
        self.sketch.moves.clear()
        nothing_is_left_to_do(world)
        one_object_per_address(world, self.sketch.declared(), self.foreign | self.reported)
        live_equals_desired(world, self.sketch)

    def _broken_apply(self, script: Script) -> bool:
        kept: dict[str, bytes] = {}
        wire = self.world.wire
        wire.script, wire.at_kill = script, lambda: kept.update(self.world.kept_state())
        try:
            clean = self._apply()
        except PlatformError:
            clean = False
        if wire.killed:
            self.world.put_state(kept)
        clean, wire.killed, wire.script = clean and not wire.killed, False, no_fault
        return clean

    def _apply(self) -> bool:
        applied: Applied = self.world.apply(FORCED)
        self._note(applied.planned.plan)
        return applied.outcome is None or applied.outcome.complete

    def _note(self, plan: Plan) -> None:
        for note in plan.notes:
            if "possibly orphaned" in note or "may be a second copy" in note:
                self.reported.update(NAMELESS.findall(note))
