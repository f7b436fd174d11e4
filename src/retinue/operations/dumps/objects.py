"""JSON values to records: single objects, lists, pages of lists, and dumps that hold several. Pure.

Objects of other families (threads, runs, messages) are passed over and counted, never an error:
people keep them in the same folders.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from retinue.operations.dumps.records import Attachment, Haul, Origin, Record, Sort

_SORTS: Final[Mapping[str, Sort]] = {
    "assistant": "assistant",
    "vector_store": "vector_store",
    "file": "file",
}
_PREFIXES: Final[tuple[tuple[str, Sort], ...]] = (
    ("asst_", "assistant"),
    ("vs_", "vector_store"),
    ("file-", "file"),
)
_TELLING: Final = frozenset({"instructions", "tools", "file_ids", "tool_resources"})
"""What an assistant without ``object`` and ID has besides its model: the body of a request."""

_HOLDERS: Final = frozenset(
    {"assistant", "assistants", "vector_stores", "vector_store_files", "files"}
)
"""The keys of a dump that somebody made of several lists."""


def gather(haul: Haul, file: str, values: Iterable[tuple[str, Any]]) -> None:
    """Add to ``haul`` what ``values``, each with its place, hold."""
    reader = _Reader(haul, file)
    for at, value in values:
        reader.read(value, at)
    reader.close()


class _Reader:
    """Walks the values of one file; ``passed`` counts what is of no use here."""

    def __init__(self, haul: Haul, file: str) -> None:
        self._haul = haul
        self._file = file
        self._passed: Counter[str] = Counter()

    def read(self, value: Any, at: str) -> None:
        if isinstance(value, list):
            for index, item in enumerate(value):
                self.read(item, f"{at}[{index}]")
        elif isinstance(value, dict):
            self._mapping(value, at)
        else:
            self._passed[type(value).__name__] += 1

    def close(self) -> None:
        """Say what was passed over."""
        for what, count in sorted(self._passed.items()):
            self._haul.note(Origin(self._file), f"passed over: {what} ({count})")

    def _mapping(self, value: Mapping[str, Any], at: str) -> None:
        if isinstance(value.get("data"), list) and value.get("object", "list") == "list":
            self._page(value, at)
        elif (sort := sort_of(value)) is not None:
            self._haul.records.append(Record(sort, Origin(self._file, at), value))
        elif value.get("object") == "vector_store.file":
            self._attached(value)
        elif isinstance(value.get("object"), str):
            self._passed[value["object"]] += 1
        elif isinstance(value.get("error"), dict):
            self._failed(value["error"], at)
        elif _HOLDERS & set(value):
            self._dump(value, at)
        elif value and all(isinstance(item, dict) for item in value.values()):
            self._by_name(value, at)
        else:
            self._passed["object without a type"] += 1

    def _page(self, page: Mapping[str, Any], at: str) -> None:
        """A page of a list response."""
        if page.get("has_more") is True:
            self._haul.unfinished.append(Origin(self._file, at))
        elif page["data"]:
            self._haul.last_pages += 1
        self.read(page["data"], f"{at}.data")

    def _attached(self, value: Mapping[str, Any]) -> None:
        file, store = value.get("id"), value.get("vector_store_id")
        if isinstance(file, str) and isinstance(store, str):
            self._haul.attachments.append(Attachment(store, file))

    def _failed(self, error: Mapping[str, Any], at: str) -> None:
        """The answer of a request that failed, kept instead of an object."""
        self._haul.flaw(
            Origin(self._file, at),
            f"this is the error of a failed request: {error.get('message')}",
            "OpenAI closed /assistants on 2026-08-26: look for a dump from before",
        )

    def _dump(self, value: Mapping[str, Any], at: str) -> None:
        for key, item in value.items():
            if key not in _HOLDERS:
                self._passed[f"{key!r} of the dump"] += 1
            elif isinstance(item, dict) and not _is_one(item):
                self._by_name(item, f"{at}.{key}")
            else:
                self.read(item, f"{at}.{key}")

    def _by_name(self, value: Mapping[str, Any], at: str) -> None:
        """Objects by ID or name, as a dictionary in somebody's script keeps them."""
        for key, item in value.items():
            inner = f"{at}.{key}" if re.fullmatch(r"\w+", key) else f"{at}[{key!r}]"
            if isinstance(item, dict) and "model" in item and sort_of(item) in (None, "assistant"):
                self._haul.records.append(Record("assistant", Origin(self._file, inner), item, key))
            else:
                self.read(item, inner)


def sort_of(value: Mapping[str, Any]) -> Sort | None:
    """What an object is, by its type, its ID, or the fields that only an assistant has."""
    named = value.get("object")
    if isinstance(named, str):
        return _SORTS.get(named)
    object_id = value.get("id")
    if isinstance(object_id, str):
        for prefix, sort in _PREFIXES:
            if object_id.startswith(prefix):
                return sort
    return "assistant" if "model" in value and _TELLING & set(value) else None


def _is_one(value: Mapping[str, Any]) -> bool:
    """Whether a mapping is an object or a page, and not objects by name."""
    return sort_of(value) is not None or isinstance(value.get("data"), list)
