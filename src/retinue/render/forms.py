"""Lists whose items have an identity: tools, IDs, attachments. Pure.

Such items are paired by what they are, not by where they stand, and are shown by their name: a tool
by its type, an ID by the address it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from retinue.kinds.values import Unknown
from retinue.render.escape import literal, quoted, visible

KNOWN_LATER = "(known after apply)"
_SHORT_HASH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How to look at values: everything or previews, and which address an ID belongs to."""

    full_text: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """An item: ``title`` tells it apart, ``notes`` are its ID and digest, ``body`` is the rest."""

    title: str
    notes: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)


Form: TypeAlias = Callable[[View, Any], Item | None]
"""Describes an item; None when it is not what the form is for."""


def short_hash(digest: Any) -> str:
    """Enough of a digest to tell two apart."""
    text = str(digest)
    return visible(text if len(text) <= _SHORT_HASH else f"{text[:_SHORT_HASH]}…")


def identifier(view: View, value: Any) -> Item | None:
    """An ID: ours by its address, somebody else's as it is."""
    if isinstance(value, Unknown):
        return Item(visible(str(value.address)), (KNOWN_LATER,))
    if not isinstance(value, str):
        return None
    name = view.names.get(value)
    return Item(quoted(value)) if name is None else Item(visible(name), (visible(value),))


def attachment(view: View, value: Any) -> Item | None:
    """A file in a vector store."""
    if not isinstance(value, Mapping):
        return None
    item = identifier(view, value.get("id"))
    if item is None:
        return None
    body = {key: value[key] for key in value if key not in ("id", "file", "sha256")}
    title, notes = item.title, item.notes
    if isinstance(value.get("file"), str):
        title, notes = visible(value["file"]), notes or (visible(str(value["id"])),)
    if isinstance(value.get("sha256"), str) and notes:
        notes = (*notes, f"sha256 {short_hash(value['sha256'])}")
    return Item(title, notes, {key: content for key, content in body.items() if content})


def member(view: View, value: Any) -> Item | None:
    """A file of a folder that is sent whole."""
    del view
    if not isinstance(value, Mapping) or value.keys() != {"path", "sha256"}:
        return None
    return Item(visible(str(value["path"])), (f"sha256 {short_hash(value['sha256'])}",))


def bundle(view: View, value: Any) -> Item | None:
    """A folder that is sent whole, with its files."""
    del view
    if not isinstance(value, Mapping) or value.keys() != {"name", "sha256", "content"}:
        return None
    note = f"sha256 {short_hash(value['sha256'])}"
    return Item(visible(str(value["name"])), (note,), {"content": value["content"]})


def tool(view: View, value: Any) -> Item | None:
    """A tool: its type, the name of a function, and its options without the wrapping."""
    del view
    if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
        return None
    kind = value["type"]
    inner = value.get(kind)
    outer = {key: value[key] for key in value if key not in ("type", kind)}
    if not isinstance(inner, Mapping):
        body = {**outer, **({} if kind not in value or kind == "type" else {kind: inner})}
        name = body.pop("name") if isinstance(body.get("name"), str) else body.get("server_label")
        return Item(_titled(kind, name), (), body)
    if inner.keys() & outer.keys():
        return Item(visible(kind), (), {kind: inner, **outer})
    named = isinstance(inner.get("name"), str)
    body = {key: inner[key] for key in inner if key != "name" or not named} | outer
    return Item(_titled(kind, inner.get("name")), (), body)


def _titled(kind: str, name: Any) -> str:
    return visible(kind) if not isinstance(name, str) else f"{visible(kind)} {literal(name)}"


FORMS: Mapping[str, Form] = {
    "tools": tool,
    "files": attachment,
    "content": member,
    "inline_files": member,
    "plugin_contents": bundle,
    "file_ids": identifier,
    "vector_store_ids": identifier,
}
"""The form of a list, by the key that holds it."""


def items_of(view: View, key: str, values: Sequence[Any]) -> list[Item] | None:
    """Describe a list by its form; None when it has none, or its items can't be told apart."""
    form = FORMS.get(key)
    if form is None:
        return None
    items = [form(view, value) for value in values]
    known = [item for item in items if item is not None]
    titles = {item.title for item in known}
    return known if len(titles) == len(values) else None
