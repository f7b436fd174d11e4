"""A team at work, at random: it edits manifests, renames, meddles in the dashboard, loses answers,
gets killed; and after every apply that ends well the promises hold (see `Team.promises`).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.worlds.wire import Fault, Sent, no_fault
from tests.worlds.world import World

from retinue.engine.plan import Plan
from retinue.errors import PlatformError
from retinue.operations.applying import Applied
from retinue.operations.planning import PlanOptions

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["Tutor", "Coach"]),
    "description": st.sampled_from(["a", "b"]),
    "instructions": st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8),
    "temperature": st.sampled_from([0, 0.5, 1, 1.0, 2]),
    "metadata": st.dictionaries(st.sampled_from(["k", "l"]), st.sampled_from("xy"), max_size=2),
    "response_format": st.sampled_from(["auto", {"type": "json_object"}]),
}
FOLDERS, NAMES, CONTENTS = ["a", "b", "c"], ["x.md", "y.md"], ["1", "2", "22", ""]
FORCED = PlanOptions(forced=True)
FAULTS = [None, None, None, *Fault]

Section = dict[str, dict[str, Any]]


class Team(RuleBasedStateMachine):
    """One project under test. ``manifest`` is what it declares, in the manifest's own form."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self._folder.name) / "project")
        self.sections: dict[str, Section] = {"assistants": {}, "files": {}, "vector_stores": {}}
        self.moves: list[dict[str, str]] = []
        self.foreign: set[str] = set()
        self.reported: set[str] = set()
        self.names = 0

    def teardown(self) -> None:
        self.world.close()
        self._folder.cleanup()

    # --- the manifests -------------------------------------------------------------------------

    def _fresh_name(self) -> str:
        self.names += 1
        return f"r{self.names}"

    def _one(self, data: st.DataObject, section: str) -> str:
        return data.draw(st.sampled_from(sorted(self.sections[section])), label=section)

    def _some(self, data: st.DataObject, section: str) -> list[str]:
        names = sorted(self.sections[section])
        return data.draw(st.lists(st.sampled_from(names), unique=True) if names else st.just([]))

    @initialize(data=st.data())
    def start(self, data: st.DataObject) -> None:
        for _ in range(2):
            self.add_file(data)
        self.add_store(data)
        self.add_assistant(data)

    @rule(data=st.data())
    def add_file(self, data: st.DataObject) -> None:
        paths = [f"{folder}/{name}" for folder in FOLDERS for name in NAMES]
        free = sorted(set(paths) - {file["path"] for file in self.sections["files"].values()})
        if free:
            path = data.draw(st.sampled_from(free))
            self.sections["files"][self._fresh_name()] = {"path": path}
            self._fill(path, data.draw(st.sampled_from(CONTENTS)))

    def _fill(self, path: str, content: str) -> None:
        self.world.write({f"assistants/{path}": f"content {content}"})

    @rule(data=st.data())
    def add_store(self, data: st.DataObject) -> None:
        self.sections["vector_stores"][self._fresh_name()] = self._store(data)

    def _store(self, data: st.DataObject) -> dict[str, Any]:
        attributes = st.sampled_from([{}, {"attributes": {"year": 1}}, {"attributes": {"year": 2}}])
        files = [{"file": name, **data.draw(attributes)} for name in self._some(data, "files")]
        more = st.fixed_dictionaries({}, optional={"name": FIELDS["name"],
                                                   "description": FIELDS["description"],
                                                   "metadata": FIELDS["metadata"]})  # fmt: skip
        return {"files": files, **data.draw(more)}

    @rule(data=st.data())
    def add_assistant(self, data: st.DataObject) -> None:
        self.sections["assistants"][self._fresh_name()] = self._assistant(data)

    def _assistant(self, data: st.DataObject) -> dict[str, Any]:
        fields = data.draw(st.fixed_dictionaries({}, optional=FIELDS))
        tools: list[dict[str, Any]] = [
            {"type": "code_interpreter", "files": self._some(data, "files")}
        ]
        stores = sorted(self.sections["vector_stores"])
        if stores:
            store = data.draw(st.sampled_from(stores))
            tools.append({"type": "file_search", "vector_store": store})
        if data.draw(st.booleans()):
            tools.append({"type": "function", "function": {"name": "add"}})
        return {"model": "gpt-4o", **fields, "tools": tools}

    @precondition(lambda self: self.sections["assistants"])
    @rule(data=st.data())
    def change_assistant(self, data: st.DataObject) -> None:
        self.sections["assistants"][self._one(data, "assistants")] = self._assistant(data)

    @precondition(lambda self: self.sections["vector_stores"])
    @rule(data=st.data())
    def change_store(self, data: st.DataObject) -> None:
        self.sections["vector_stores"][self._one(data, "vector_stores")] = self._store(data)

    @precondition(lambda self: self.sections["files"])
    @rule(data=st.data())
    def change_content(self, data: st.DataObject) -> None:
        path = self.sections["files"][self._one(data, "files")]["path"]
        self._fill(path, data.draw(st.sampled_from(CONTENTS)))

    @precondition(lambda self: self.sections["files"])
    @rule(data=st.data())
    def swap_contents(self, data: st.DataObject) -> None:
        first = self.sections["files"][self._one(data, "files")]
        second = self.sections["files"][self._one(data, "files")]
        first["path"], second["path"] = second["path"], first["path"]

    @rule(data=st.data(), section=st.sampled_from(["assistants", "files", "vector_stores"]))
    def remove(self, data: st.DataObject, section: str) -> None:
        if self.sections[section]:
            name = self._one(data, section)
            del self.sections[section][name]
            self._refer(section, name, None)

    @rule(
        data=st.data(),
        section=st.sampled_from(["assistants", "files", "vector_stores"]),
        told=st.booleans(),
    )
    def rename(self, data: st.DataObject, section: str, *, told: bool) -> None:
        if self.sections[section]:
            old, new = self._one(data, section), self._fresh_name()
            self.sections[section][new] = self.sections[section].pop(old)
            self._refer(section, old, new)
            if told:
                kind = section.removesuffix("s")
                self.moves.append({"from": f"{kind}.{old}", "to": f"{kind}.{new}"})

    def _declared(self) -> set[str]:
        return {
            f"{section.removesuffix('s')}.{name}"
            for section, resources in self.sections.items()
            for name in resources
        }

    def _moves_that_lead_somewhere(self) -> list[dict[str, str]]:
        """A move to what is no longer declared would be an error of the manifest."""
        ends = self._declared()
        kept: list[dict[str, str]] = []
        for move in reversed(self.moves):
            if move["to"] in ends:
                ends.add(move["from"])
                kept.append(move)
        return kept

    def _refer(self, section: str, old: str, new: str | None) -> None:
        """Whoever referred to ``old`` refers to ``new``, or to nothing."""
        for store in self.sections["vector_stores"].values():
            if section == "files":
                kept = [item for item in store["files"] if item["file"] != old or new]
                store["files"] = [
                    {**item, "file": new} if item["file"] == old else item for item in kept
                ]
        for assistant in self.sections["assistants"].values():
            assistant["tools"] = [
                tool
                for each in assistant["tools"]
                if (tool := _referring(each, section, old, new)) is not None
            ]

    # --- somebody else -------------------------------------------------------------------------

    def _tracked(self, kind: str) -> list[str]:
        return [str(a) for a in sorted(self.world.state.entries) if a.kind == kind]

    def _meddle(self, data: st.DataObject, kind: str) -> str | None:
        """The address of an object that is still there."""
        live = {item["id"] for item in self.world.objects(kind)}
        there = [a for a in self._tracked(kind) if self.world.id_of(a) in live]
        return data.draw(st.sampled_from(there)) if there else None

    @rule(data=st.data(), kind=st.sampled_from(["assistant", "file", "vector_store"]))
    def delete_by_hand(self, data: st.DataObject, kind: str) -> None:
        address = self._meddle(data, kind)
        if address is not None:
            self.world.by_hand("DELETE", self.world.path_of(address))

    @rule(data=st.data())
    def edit_by_hand(self, data: st.DataObject) -> None:
        address = self._meddle(data, "assistant")
        if address is not None:
            body = data.draw(
                st.sampled_from(
                    [{"temperature": 0.7}, {"metadata": {}}, {"tools": []}, {"instructions": "z"},
                     {"tool_resources": {"code_interpreter": {"file_ids": []}}}]
                )
            )  # fmt: skip
            self.world.by_hand("POST", self.world.path_of(address), body)

    @rule(data=st.data())
    def attach_by_hand(self, data: st.DataObject) -> None:
        address = self._meddle(data, "vector_store")
        if address is not None:
            file = self.world.upload_by_hand("theirs.md", b"theirs")
            self.foreign.add(file)
            path = f"{self.world.path_of(address)}/files"
            self.world.by_hand("POST", path, {"file_id": file})

    @rule(data=st.data())
    def detach_by_hand(self, data: st.DataObject) -> None:
        address = self._meddle(data, "vector_store")
        if address is not None:
            attached = self.world.live(address)["files"]
            if attached:
                path = f"{self.world.path_of(address)}/files/{attached[0]['id']}"
                self.world.by_hand("DELETE", path)

    # --- Retinue -------------------------------------------------------------------------------

    @rule(
        faults=st.lists(st.sampled_from(FAULTS), max_size=12),
        lag=st.integers(0, 2),
        parallelism=st.sampled_from([1, 4]),
    )
    def apply(
        self,
        faults: list[Fault | None],
        lag: int,
        parallelism: int,
        creates: Sequence[Fault] = (),
    ) -> None:
        """Apply under faults; where that does not end well, apply once more in peace."""
        world = self.world
        world.declare({**self.sections, "moved": self._moves_that_lead_somewhere()})
        world.parallelism, world.wire.lag = parallelism, lag
        clean = self._broken_apply(faults, creates)
        if not clean or lag:
            world.wire.lag = 0
            world.time.now += 30
            clean = self._apply()
        assert clean
        self.moves.clear()
        self.promises()

    @rule()
    def apply_in_peace(self) -> None:
        self.apply([], 0, 4)

    @rule(faults=st.lists(st.sampled_from(list(Fault)), min_size=1, max_size=4))
    def apply_while_creates_fail(self, faults: list[Fault]) -> None:
        """Faults for creating requests alone: what peers lose or double."""
        self.apply([], 0, 4, creates=faults)

    def _broken_apply(self, faults: list[Fault | None], creates: Sequence[Fault]) -> bool:
        rest, rest_of_creates = iter(faults), iter(creates)
        kept: dict[str, bytes] = {}

        def script(sent: Sent) -> Fault | None:
            return next(rest, None) or (next(rest_of_creates, None) if sent.creates else None)

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
                self.reported.update(re.findall(r"file-\w+", note))

    def promises(self) -> None:
        """What holds after every apply that ended well."""
        self.nothing_is_left_to_do()
        self.one_object_per_address()
        self.live_equals_desired()

    def nothing_is_left_to_do(self) -> None:
        plan = self.world.plan(FORCED).plan
        assert plan.pending == ()
        assert plan.drift == ()

    def one_object_per_address(self) -> None:
        entries = self.world.state.entries
        assert {str(address) for address in entries} == self._declared()
        ids = [entry.id for entry in entries.values()]
        assert len(set(ids)) == len(ids)
        assert not any(entry.deposed for entry in entries.values())
        for kind in ("assistant", "vector_store"):
            ours = {entry.id for a, entry in entries.items() if a.kind == kind}
            assert {item["id"] for item in self.world.objects(kind)} == ours
        files = {item["id"] for item in self.world.objects("file")}
        assert files - self.foreign - self.reported == {
            entry.id for a, entry in entries.items() if a.kind == "file"
        }

    def live_equals_desired(self) -> None:
        for name, file in self.sections["files"].items():
            live = self.world.live(f"file.{name}")
            assert live["filename"] == Path(file["path"]).name
            content = (self.world.root / "assistants" / file["path"]).read_bytes()
            assert self.world.content(f"file.{name}") == content
        for name, store in self.sections["vector_stores"].items():
            live = self.world.live(f"vector_store.{name}")
            wanted = {
                self.world.id_of(f"file.{item['file']}"): item.get("attributes", {})
                for item in store["files"]
            }
            attached = {item["id"]: _plain(item["attributes"]) for item in live["files"]}
            assert attached == wanted
            assert _plain(live["metadata"]) == store.get("metadata", {})
        for name, assistant in self.sections["assistants"].items():
            self._assistant_is(self.world.live(f"assistant.{name}"), name, assistant)

    def _assistant_is(self, live: dict[str, Any], name: str, assistant: dict[str, Any]) -> None:
        for field in FIELDS.keys() & assistant.keys() - {"metadata"}:
            assert live[field] == assistant[field], field
        if "metadata" in assistant:
            assert _plain(live["metadata"]) == assistant["metadata"]
        assert live["name"] == assistant.get("name", name)
        assert [tool["type"] for tool in live["tools"]] == [t["type"] for t in assistant["tools"]]
        for tool in assistant["tools"]:
            resources = live["tool_resources"].get(tool["type"], {})
            if tool["type"] == "code_interpreter":
                files = {self.world.id_of(f"file.{each}") for each in tool["files"]}
                assert set(resources["file_ids"]) == files
            elif tool["type"] == "file_search":
                store = self.world.id_of(f"vector_store.{tool['vector_store']}")
                assert resources["vector_store_ids"] == [store]


def _referring(
    tool: dict[str, Any], section: str, old: str, new: str | None
) -> dict[str, Any] | None:
    if section == "files" and "files" in tool:
        files = [new if each == old else each for each in tool["files"]]
        return {**tool, "files": [each for each in files if each is not None]}
    if section == "vector_stores" and tool.get("vector_store") == old:
        return None if new is None else {**tool, "vector_store": new}
    return tool


def _plain(metadata: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if key != "retinue"}
