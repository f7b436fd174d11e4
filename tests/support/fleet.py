"""A project with more than thirty objects, what becomes of it, and what should then be live.

The specification is plain data. `written` turns it into a project folder; `expected` says what a
platform should show, worked out here and not by Retinue.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.platform import Seen, digest


@dataclass(slots=True)
class Fleet:
    """What is declared. files: name to (path, content); the others: name to manifest mapping."""

    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    stores: dict[str, dict[str, Any]] = field(default_factory=dict)
    assistants: dict[str, dict[str, Any]] = field(default_factory=dict)
    moved: list[dict[str, str]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.files) + len(self.stores) + len(self.assistants)


def first_fleet() -> Fleet:
    """Thirty-six objects: files of one name in many folders, stores, assistants with every tool."""
    fleet = Fleet()
    # One name four times: two of one size and different content, two that are the same.
    for folder, text in zip("abcd", ("first", "other", "equal", "equal"), strict=True):
        fleet.files[f"notes-{folder}"] = (f"docs/{folder}/notes.md", f"{text} notes\n".encode())
    for n in range(1, 7):
        fleet.files[f"guide-{n}"] = (f"docs/guide-{n}.md", f"guide number {n}\n".encode() * n)
    for n in range(1, 5):
        fleet.files[f"data-{n}"] = (f"data/{n}/data.csv", f"a,b\n{n},{n}\n".encode())
    _first_stores(fleet)
    _first_assistants(fleet)
    return fleet


def _first_stores(fleet: Fleet) -> None:
    fleet.stores = {
        "store-1": {"files": ["notes-a", "notes-b", "guide-1"]},
        "store-2": {"files": ["notes-c", {"file": "guide-1", "attributes": {"part": "one"}}]},
        "store-3": {"files": ["guide-2", "guide-3", "guide-6"], "metadata": {"team": "docs"}},
        "store-4": {"expires_after": {"anchor": "last_active_at", "days": 30}, "files": []},
        "store-5": {"files": ["notes-d", "guide-4", "guide-5"]},
        "store-6": {"files": ["guide-6"]},
        "store-7": {"files": ["notes-a", "notes-b", "notes-c", "notes-d"]},
        "store-8": {},
    }


def _first_assistants(fleet: Fleet) -> None:
    for n in range(1, 15):
        fleet.assistants[f"assistant-{n}"] = {
            "model": "gpt-4o",
            "instructions": f"You are assistant number {n}.",
            "temperature": 0.2,
            "metadata": {"number": str(n)},
            "tools": [
                {"type": "code_interpreter", "files": [f"data-{1 + n % 4}"]},
                {"type": "file_search", "vector_store": f"store-{1 + n % 8}"},
                {
                    "type": "function",
                    "function": {
                        "name": f"answer_{n}",
                        "parameters": {"type": "object", "properties": {}},
                    },
                },
            ],
        }


def second_fleet() -> Fleet:
    """The same a week later: created, updated, replaced, deleted and moved, all at once."""
    fleet = first_fleet()
    _created(fleet)
    _updated(fleet)
    _replaced(fleet)
    _deleted(fleet)
    _moved(fleet)
    return fleet


def _created(fleet: Fleet) -> None:
    fleet.files["notes-e"] = ("docs/e/notes.md", b"fifth notes\n")
    fleet.stores["store-9"] = {"files": ["notes-e", "guide-2"]}
    fleet.assistants["assistant-15"] = {
        "model": "gpt-4o",
        "tools": [{"type": "file_search", "vector_store": "store-9"}],
    }


def _updated(fleet: Fleet) -> None:
    fleet.assistants["assistant-1"]["instructions"] = "You are the first, and changed."
    del fleet.assistants["assistant-2"]["temperature"]
    fleet.assistants["assistant-3"]["tools"] = [{"type": "code_interpreter", "files": ["data-2"]}]
    fleet.stores["store-3"] = {"files": ["guide-2", "notes-e"], "metadata": {"team": "writers"}}
    fleet.stores["store-8"] = {"files": ["guide-3"]}


def _replaced(fleet: Fleet) -> None:
    fleet.files["guide-1"] = ("docs/guide-1.md", b"another guide altogether\n")
    fleet.files["notes-a"] = ("docs/a/notes.md", b"FIRST notes\n")
    fleet.files["data-1"] = ("data/1/data.csv", b"a,b\n1,2\n")


def _deleted(fleet: Fleet) -> None:
    del fleet.assistants["assistant-13"]
    del fleet.stores["store-6"]
    fleet.assistants["assistant-5"]["tools"] = []
    del fleet.files["guide-6"]


def _moved(fleet: Fleet) -> None:
    for section, kind, old, new in (
        (fleet.assistants, "assistant", "assistant-12", "twelfth"),
        (fleet.stores, "vector_store", "store-4", "fourth"),
        (fleet.files, "file", "guide-4", "fourth-guide"),
        (fleet.files, "file", "guide-5", "fifth-guide"),
    ):
        items: dict[str, Any] = section
        items[new] = items.pop(old)
        fleet.moved.append({"from": f"{kind}.{old}", "to": f"{kind}.{new}"})
    # Moved, and changed as well: a replacement under another address.
    fleet.files["fifth-guide"] = ("docs/guide-5.md", b"the fifth, rewritten\n")
    fleet.assistants["twelfth"]["instructions"] = "You have another name now."
    fleet.stores["store-5"] = {"files": ["notes-d", "fourth-guide", "fifth-guide"]}
    fleet.assistants["assistant-3"].pop("temperature")
    for assistant in fleet.assistants.values():
        for tool in assistant.get("tools", ()):
            if tool.get("vector_store") == "store-4":
                tool["vector_store"] = "fourth"


def write(fleet: Fleet, folder: Path) -> None:
    """Write the project into ``folder``, over whatever is there."""
    manifests = folder / "assistants"
    for path, content in fleet.files.values():
        target = manifests / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    document: dict[str, Any] = {
        "files": {name: {"path": path} for name, (path, _) in fleet.files.items()},
        "vector_stores": fleet.stores,
        "assistants": fleet.assistants,
        "moved": fleet.moved,
    }
    kept = {key: value for key, value in document.items() if value}
    # JSON is YAML, too.
    (manifests / "fleet.yaml").write_text(json.dumps(kept, indent=1), encoding="utf-8")


def expected(fleet: Fleet) -> Seen:
    """What a platform shows that has exactly this fleet on it."""
    known = {
        name: (path.rsplit("/", 1)[-1], digest(content))
        for name, (path, content) in fleet.files.items()
    }
    stores = {name: [_store(store, known)] for name, store in fleet.stores.items()}
    assistants = {
        name: [_assistant(assistant, known)] for name, assistant in fleet.assistants.items()
    }
    return Seen(Counter(known.values()), stores, assistants)


def _store(store: Mapping[str, Any], known: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    files = []
    for item in store.get("files", ()):
        name, attributes = (item, {}) if isinstance(item, str) else (item["file"], item)
        files.append([*known[name], "completed", json.dumps(attributes.get("attributes", {}))])
    return {
        "expires_after": store.get("expires_after"),
        "metadata": json.dumps(store.get("metadata", {}), sort_keys=True),
        "files": sorted(files),
    }


def _assistant(item: Mapping[str, Any], known: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    tools = item.get("tools", [])
    names = [f"{tool['type']} {tool.get('function', {}).get('name', '')}".strip() for tool in tools]
    return {
        "model": item["model"],
        "instructions": item.get("instructions"),
        "temperature": item.get("temperature", 1.0),
        "metadata": json.dumps(item.get("metadata", {}), sort_keys=True),
        "tools": sorted(names),
        "files": sorted(known[name] for tool in tools for name in tool.get("files", ())),
        "stores": sorted(tool["vector_store"] for tool in tools if "vector_store" in tool),
    }


def small_fleet() -> Fleet:
    """Five objects, one chain: two files, a store with both, two assistants that search it."""
    fleet = Fleet()
    fleet.files = {
        "paper": ("docs/paper.md", b"a paper\n"),
        "table": ("docs/table.csv", b"a,b\n"),
    }
    fleet.stores = {"papers": {"files": ["paper", "table"]}}
    search = {"type": "file_search", "vector_store": "papers"}
    for name in ("reader", "writer"):
        fleet.assistants[name] = {
            "model": "gpt-4o",
            "instructions": f"You are a {name}.",
            "temperature": 0.5,
            "tools": [search],
        }
    return fleet
