"""State and journal as JSON, and back. A file that is not what Retinue wrote is refused whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from retinue.address import Address
from retinue.engine.entry import ConsumedPlan, Deposed, Entry, Intent, Snapshot
from retinue.engine.journal import Begun, Consumed, Reached, Record, Recorded, Settled
from retinue.errors import StateCorrupt, StateForeign
from retinue.foreign_json import read_json
from retinue.kinds.values import Sealed, at, put, spots, unsealed

FORMAT = "retinue-state"
VERSION = 1

_compact = json.JSONEncoder(ensure_ascii=False).encode


def snapshot_to_text(snapshot: Snapshot) -> str:
    """The state file: one JSON document, stable order, a line per attribute, so that it diffs well
    in git.
    """
    return _lines(snapshot_to_json(snapshot), levels=4) + "\n"


def _lines(value: Any, *, levels: int, margin: str = "") -> str:
    """JSON with a line for each entry of the outer ``levels`` objects, and no break below them.

    json.dumps with an indent would do, but that is the encoder without C.
    """
    if levels == 0 or not isinstance(value, dict) or not value:
        return _compact(value)
    inner = f"{margin}  "
    rows = [
        f"{inner}{_compact(key)}: {_lines(item, levels=levels - 1, margin=inner)}"
        for key, item in value.items()
    ]
    return "{\n" + ",\n".join(rows) + f"\n{margin}}}"


def snapshot_to_json(snapshot: Snapshot) -> dict[str, Any]:
    """The state as a JSON object."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "project": snapshot.project,
        "stack": snapshot.stack,
        "lineage": snapshot.lineage,
        "serial": snapshot.serial,
        "platform": snapshot.platform,
        "resources": {
            str(address): entry_to_json(snapshot.entries[address])
            for address in sorted(snapshot.entries)
        },
        "pending": {op: intent_to_json(intent) for op, intent in snapshot.pending.items()},
        "consumed": [{"id": plan.id, "at": plan.at} for plan in snapshot.consumed],
    }


def snapshot_from_text(text: str, *, where: str) -> Snapshot:
    """Read a state file; ``where`` names it in messages.

    Raises:
        StateCorrupt: it is not a state file. StateForeign: a newer Retinue wrote it.
    """
    try:
        data = read_json(text)
    except ValueError as error:
        raise _corrupt(where, error) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise _corrupt(where, ValueError("no Retinue state"))
    if data.get("version") != VERSION:
        raise StateForeign(
            f"{where}: state version {data.get('version')!r}, this Retinue reads {VERSION}",
            hint="upgrade Retinue; nothing was changed",
        )
    try:
        return _snapshot(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _corrupt(where, error) from None


def _corrupt(where: str, error: Exception) -> StateCorrupt:
    return StateCorrupt(
        f"{where}: not a readable state ({type(error).__name__}: {error})",
        hint="restore it from a backup, or move it away and run: retinue state rebuild",
    )


def _snapshot(data: Mapping[str, Any]) -> Snapshot:
    entries = (entry_from_json(name, item) for name, item in data["resources"].items())
    return Snapshot(
        project=str(data["project"]),
        stack=str(data["stack"]),
        lineage=str(data["lineage"]),
        serial=int(data["serial"]),
        platform=str(data.get("platform", "")),  # the first states did not say
        entries={entry.address: entry for entry in entries},
        pending={op: intent_from_json(op, item) for op, item in data["pending"].items()},
        consumed=tuple(ConsumedPlan(item["id"], item["at"]) for item in data["consumed"]),
    )


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """One resource of the state."""
    return {
        "type": entry.type,
        "id": entry.id,
        **_values_to_json(entry.values),
        "depends_on": [str(address) for address in entry.depends_on],
        "protect": entry.protect,
        "deposed": [{"type": old.type, "id": old.id} for old in entry.deposed],
    }


def entry_from_json(name: str, data: Mapping[str, Any]) -> Entry:
    """Undo `entry_to_json`."""
    return Entry(
        address=Address.parse(name),
        type=str(data["type"]),
        id=str(data["id"]),
        values=_values(data),
        depends_on=tuple(Address.parse(text) for text in data["depends_on"]),
        protect=bool(data["protect"]),
        deposed=tuple(_deposed(old, str(data["type"])) for old in data["deposed"]),
    )


def _deposed(old: Any, type_: str) -> Deposed:
    """An object to be deleted; the first states gave only the ID, of an object of ``type_``."""
    return Deposed(type_, old) if isinstance(old, str) else Deposed(old["type"], old["id"])


def _values_to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and where secrets stand in them: there is the fingerprint."""
    secrets = [list(path) for path, _ in spots(values, Sealed)]
    if not secrets:
        return {"values": values}
    return {"values": unsealed(values, lambda secret: secret.fingerprint), "sealed": secrets}


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    """Undo `_values_to_json`."""
    values = dict(data["values"])
    for path in data.get("sealed", ()):
        put(values, path, Sealed(str(at(values, path))))
    return values


def intent_to_json(intent: Intent) -> dict[str, Any]:
    """One begun create."""
    return {
        "address": str(intent.address),
        "type": intent.type,
        **_values_to_json(intent.values),
        "started_at": intent.started_at,
        "depends_on": [str(address) for address in intent.depends_on],
        "protect": intent.protect,
        "replaces": intent.replaces,
        "others": list(intent.others),
    }


def intent_from_json(operation: str, data: Mapping[str, Any]) -> Intent:
    """Undo `intent_to_json`."""
    return Intent(
        operation=operation,
        address=Address.parse(data["address"]),
        type=str(data["type"]),
        values=_values(data),
        started_at=float(data["started_at"]),
        depends_on=tuple(Address.parse(text) for text in data["depends_on"]),
        protect=bool(data["protect"]),
        replaces=data["replaces"],
        others=tuple(data["others"]),
    )


def record_to_json(record: Record) -> dict[str, Any]:
    """One line of the journal."""
    match record:
        case Begun(intent):
            return {"do": "begin", "operation": intent.operation, **intent_to_json(intent)}
        case Settled(operation):
            return {"do": "settle", "operation": operation}
        case Recorded(entries, operation):
            items = {str(a): entry and entry_to_json(entry) for a, entry in entries.items()}
            return {"do": "record", "operation": operation, "entries": items}
        case Reached(platform):
            return {"do": "reach", "platform": platform}
        case Consumed(plan):
            return {"do": "consume", "plan": plan.id, "at": plan.at}


def record_from_json(data: Mapping[str, Any]) -> Record:
    """Undo `record_to_json`.

    Raises:
        KeyError, ValueError, TypeError: the line is not a record.
    """
    match data["do"]:
        case "begin":
            return Begun(intent_from_json(data["operation"], data))
        case "settle":
            return Settled(data["operation"])
        case "record":
            entries = {
                Address.parse(name): entry_from_json(name, item) if item else None
                for name, item in data["entries"].items()
            }
            return Recorded(entries, data["operation"])
        case "consume":
            return Consumed(ConsumedPlan(data["plan"], data["at"]))
        case "reach":
            return Reached(str(data["platform"]))
        case other:
            raise ValueError(f"unknown record {other!r}")
