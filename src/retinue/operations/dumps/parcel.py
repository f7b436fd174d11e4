"""From drafts to files: manifests, prompts, and the functions that several assistants share. Pure.

Names are free in the project and paths are free on the disk; whoever writes the files only writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from retinue.kinds.values import canonical
from retinue.manifest.writer import to_yaml
from retinue.operations.dumps.drafts import Draft, Drafts, origin_key, taken
from retinue.operations.dumps.known import ORIGIN
from retinue.operations.dumps.records import Record
from retinue.operations.dumps.report import NewFile, Taken
from retinue.operations.dumps.texts import one_line, prompt_of
from retinue.operations.naming import free_address

FreePath = Callable[[str, str, str], str]
"""A path that is not taken yet, below the folder of new files, from folder, stem and ending."""

_PROMPTS: Final = "prompts"
_FUNCTIONS: Final = "functions"


@dataclass(slots=True)
class Parcel:
    """What the report tells of, and the files, with paths below the folder of new files."""

    taken: list[Taken] = field(default_factory=list)
    files: list[NewFile] = field(default_factory=list)


def pack(drafts: Drafts, declared: Mapping[str, str], free: FreePath) -> Parcel:
    """Lay out the files of every draft. ``declared``: functions of the project, by definition."""
    parcel = Parcel(taken=list(drafts.declared))
    shared = _shared(drafts, declared)
    if shared:
        head = "# Shared by several assistants. Written by retinue import --from\n"
        text = head + to_yaml({"functions": shared})
        parcel.files.append(NewFile(free("", _FUNCTIONS, ".yaml"), text))
    names = {**declared, **{canonical(each): name for name, each in shared.items()}}
    for draft in drafts.new:
        _refer_to_functions(draft.body.get("tools", ()), names)
        _add(parcel, draft, free)
    return parcel


def _shared(drafts: Drafts, declared: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Definitions that several assistants have and the project does not, by their new names."""
    shared: dict[str, dict[str, Any]] = {}
    definitions = {canonical(each): each for draft in drafts.new for each in draft.functions}
    counts = Counter(canonical(each) for draft in drafts.new for each in draft.functions)
    for key, definition in definitions.items():
        if counts[key] > 1 and key not in declared:
            address = free_address("function", (definition["name"],), drafts.addresses)
            drafts.addresses.add(address)
            shared[address.name] = definition
    return shared


def _refer_to_functions(tools: Sequence[dict[str, Any]], names: Mapping[str, str]) -> None:
    for tool in tools:
        if tool["type"] == "function" and (name := names.get(canonical(tool["function"]))):
            tool["function"] = name


def _add(parcel: Parcel, draft: Draft, free: FreePath) -> None:
    prompt = prompt_of(draft.body.get("instructions", ""))
    if prompt is not None:
        path = free(_PROMPTS, draft.address.name, ".md")
        parcel.files.append(NewFile(path, prompt.text))
        draft.body["instructions"] = {"file": path}
        draft.remarks += prompt.remarks
    path = free("", f"assistant-{draft.address.name}", ".yaml")
    parcel.files.append(NewFile(path, _head(draft.record) + to_yaml(draft.document)))
    said = tuple(draft.remarks)
    parcel.taken.append(taken(draft.record, draft.address, manifest=path, remarks=said))


def _head(record: Record) -> str:
    """Where it came from; by the second line the next import knows it."""
    source, key = one_line(record.origin.file), one_line(origin_key(record))
    return f"# Written by retinue import --from {source}\n{ORIGIN}{key}\n"
