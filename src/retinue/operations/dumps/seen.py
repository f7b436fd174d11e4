"""The files and vector stores of a haul: what is known of the objects that assistants refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retinue.operations.dumps.bodies import references
from retinue.operations.dumps.records import Haul, Record
from retinue.operations.dumps.report import Remark

_GONE = "on the old platform, if it is still there; what is in it was not given"


class Seen:
    """Answers what a haul says of an ID."""

    def __init__(self, haul: Haul) -> None:
        self._files = {each.object_id: each.values for each in haul.of("file")}
        self._stores = {each.object_id: each.values for each in haul.of("vector_store")}
        self._attached: dict[str, list[str]] = {}
        for attachment in haul.attachments:
            self._attached.setdefault(attachment.owner, []).append(attachment.file)

    def files_of(self, record: Record) -> dict[str, Any]:
        """The first API's files of an assistant, where they stood beside it."""
        beside = self._attached.get(record.object_id, []) if record.object_id else []
        within = record.values.get("file_ids")
        listed = within if isinstance(within, list) else []
        return {"file_ids": [*listed, *beside]} if beside else {}

    def remarks(self, document: Mapping[str, Any]) -> list[Remark]:
        """What nobody can know from files alone about an assistant's manifest."""
        return [self._remark(field, object_id) for field, object_id in references(document)]

    def _remark(self, field: str, object_id: str) -> Remark:
        words = self._file(object_id) or self._store(object_id)
        named = f"{object_id} ({words})" if words else object_id
        manage = (
            f"to manage it, declare the file under files: and name it instead of {object_id}"
            if not object_id.startswith("vs_")
            else f"to manage it, run: retinue import vector_store.NAME {object_id}"
        )
        return Remark("unknown", field, f"{named}: {_GONE}", hint=manage)

    def _file(self, object_id: str) -> str:
        values = self._files.get(object_id, {})
        keys = ("file", "file_path", "filename")
        return next((each for key in keys if isinstance(each := values.get(key), str)), "")

    def _store(self, object_id: str) -> str:
        values = self._stores.get(object_id)
        if values is None:
            return ""
        within = values.get("file_ids")
        files = {*(within if isinstance(within, list) else ()), *self._attached.get(object_id, ())}
        counts = values.get("file_counts")
        total = counts.get("total") if isinstance(counts, dict) else None
        number = total if isinstance(total, int) else len(files)
        return (
            f"{values.get('name') or 'without a name'}, {number} file{'s' if number != 1 else ''}"
        )
