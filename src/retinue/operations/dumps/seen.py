"""The files and vector stores of a haul: what is known of the objects that assistants refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retinue.manifest.keys import redacted
from retinue.manifest.suggest import listed
from retinue.operations.dumps.bodies import references
from retinue.operations.dumps.records import Haul, Record
from retinue.operations.dumps.report import Remark

_GONE = "on the old platform, if it is still there; what is in it was not given"


class Seen:
    """Answers what a haul says of an ID."""

    def __init__(self, haul: Haul) -> None:
        self._files = {each.object_id: each for each in haul.of("file")}
        self._found = haul.found
        self._stores = {each.object_id: each.values for each in haul.of("vector_store")}
        self._attached: dict[str, list[str]] = {}
        for attachment in haul.attachments:
            self._attached.setdefault(attachment.owner, []).append(attachment.file)

    def files_of(self, record: Record) -> dict[str, Any]:
        """The first API's files of an assistant, where they stood beside it."""
        beside = self._attached.get(record.object_id, []) if record.object_id else []
        listed = _texts(record.values.get("file_ids"))
        return {"file_ids": [*listed, *beside]} if beside else {}

    def remarks(self, document: Mapping[str, Any]) -> list[Remark]:
        """What nobody can know from files alone about an assistant's manifest."""
        return [self._remark(field, object_id) for field, object_id in references(document)]

    def _remark(self, field: str, object_id: str) -> Remark:
        files = self._files_in(object_id)
        words = redacted(self._file(object_id) or self._store(object_id, files))
        named = f"{object_id} ({words})" if words else object_id
        manage = (
            f"to manage it, declare the file under files: and name it instead of {object_id}"
            if not object_id.startswith("vs_")
            else f"to manage it, run: retinue import vector_store.NAME {object_id}"
        )
        where = redacted(self._where(files or [object_id]))
        return Remark("unknown", field, f"{named}: {_GONE}{where}", hint=manage)

    def _file(self, object_id: str) -> str:
        record = self._files.get(object_id)
        if record is None:
            return ""
        name = record.values.get("filename")
        return record.path or (name if isinstance(name, str) else "")

    def _files_in(self, store: str) -> list[str]:
        own = _texts(self._stores.get(store, {}).get("file_ids"))
        return list(dict.fromkeys([*own, *self._attached.get(store, ())]))

    def _where(self, files: list[str]) -> str:
        """Which of ``files`` were uploaded from a path, and are, or are not, there."""
        known = [each for each in files if each in self._files and self._files[each].path]
        there = [self._file(each) for each in known if each in self._found]
        gone = [self._file(each) for each in known if each not in self._found]
        found = f"; found beside the state: {listed(there)}" if there else ""
        return found + (f"; not found: {listed(gone)}" if gone else "")

    def _store(self, object_id: str, files: list[str]) -> str:
        values = self._stores.get(object_id)
        if values is None:
            return ""
        counts = values.get("file_counts")
        total = counts.get("total") if isinstance(counts, dict) else None
        number = total if isinstance(total, int) else len(files)
        joint = ": " if number == len(files) else ", among them "
        named = joint + listed(self._file(each) or each for each in files) if files else ""
        count = f"{number} file{'s' if number != 1 else ''}"
        return f"{values.get('name') or 'without a name'}, {count}{named}"


def _texts(value: Any) -> list[str]:
    """The texts of a list: in what somebody kept, anything may stand anywhere."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
