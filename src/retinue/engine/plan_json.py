"""The plan as JSON, in the shape that tools for Terraform's plans know, and back. Pure.

``format_version``: a minor step adds, a major step breaks. Described by
``schemas/plan.schema.json``. A plan file is this document; it needs neither manifests nor
credentials to be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from retinue.address import Address
from retinue.engine.diff import Drift
from retinue.engine.plan import Action, Change, DriftedResource, Plan, Reason
from retinue.engine.safety import Verdict
from retinue.errors import StateCorrupt, StateForeign
from retinue.kinds.base import Upload
from retinue.kinds.values import Unknown, transform

FORMAT_VERSION = "1.0"

_ACTIONS: Mapping[Action, list[str]] = {
    Action.CREATE: ["create"],
    Action.UPDATE: ["update"],
    Action.REPLACE: ["create", "delete"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
    Action.NO_OP: ["no-op"],
}


def plan_to_json(plan: Plan, verdict: Verdict) -> dict[str, Any]:
    """The plan document."""
    return {
        "format_version": FORMAT_VERSION,
        "id": plan.id,
        "digest": plan.digest,
        "timestamp": plan.created_at,
        "project": plan.project,
        "stack": plan.stack,
        "platform": plan.platform,
        "lineage": plan.lineage,
        "serial": plan.serial,
        "summary": asdict(plan.counts()),
        "resource_changes": [change_to_json(change) for change in plan.changes],
        "resource_drift": [_drift_to_json(item) for item in plan.drift],
        "refusals": [
            {
                "code": refusal.code,
                "message": refusal.message,
                "hint": refusal.hint,
                "addresses": [str(address) for address in refusal.addresses],
            }
            for refusal in verdict.refusals
        ],
        "notes": list(plan.notes),
        "selection": dict(plan.selection),
    }


def change_to_json(change: Change) -> dict[str, Any]:
    """One element of ``resource_changes``."""
    return {
        "address": str(change.address),
        "previous_address": _text(change.previous_address),
        "type": change.address.kind,
        "name": change.address.name,
        "provider_type": change.type,
        "id": change.id,
        "action": change.action.value,
        "action_reason": change.reason and change.reason.value,
        "change": {
            "actions": _ACTIONS.get(change.action, ["update"] if change.changed else ["no-op"]),
            "before": change.before,
            "after": None if change.after is None else transform(change.after, _known),
            "after_unknown": _unknown_tree(change.after) or {},
            "before_sensitive": {},
            "after_sensitive": {},
            "replace_paths": [[name] for name in change.replace_because],
            **({"importing": {"id": change.id}} if change.action is Action.ADOPT else {}),
        },
        "references": [
            {"path": list(path), "address": str(address)}
            for path, address in _unknown_paths(change.after)
        ],
        "changed": list(change.changed),
        "resets": list(change.resets),
        "depends_on": [str(address) for address in change.depends_on],
        "released_from": [str(address) for address in change.released_from],
        "upload": change.upload and _upload_to_json(change.upload),
        "protect": change.protect,
        "protected": change.protected,
        "leftover": change.leftover,
        "basis": change.basis,
        "level": change.level,
    }


def _upload_to_json(upload: Upload) -> dict[str, Any]:
    return {"path": upload.shown, "sha256": upload.sha256, "size": upload.size}


def _drift_to_json(item: DriftedResource) -> dict[str, Any]:
    return {
        "address": str(item.address),
        "type": item.address.kind,
        "name": item.address.name,
        "provider_type": item.type,
        "id": item.id,
        "change": {
            "actions": ["delete"] if item.deleted else ["update"],
            "before": {drift.name: drift.applied for drift in item.fields},
            "after": None if item.deleted else {drift.name: drift.live for drift in item.fields},
        },
    }


def _text(address: Address | None) -> str | None:
    return None if address is None else str(address)


def _known(leaf: Any) -> Any:
    return None if isinstance(leaf, Unknown) else leaf


def _unknown_tree(value: Any) -> Any:
    """The shape of ``value`` with true where something is unknown; None where all is known."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        tree = {key: _unknown_tree(item) for key, item in value.items()}
        return {key: item for key, item in tree.items() if item is not None} or None
    if isinstance(value, (list, tuple)):
        items = [_unknown_tree(item) for item in value]
        return [item or {} for item in items] if any(items) else None
    return None


def _unknown_paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Address]]:
    if isinstance(value, Unknown):
        yield path, value.address
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _unknown_paths(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _unknown_paths(item, (*path, index))


def plan_from_json(data: Any, *, root: Path, where: str) -> Plan:
    """Read a plan document; ``root`` is the project folder that uploads are relative to.

    Raises:
        StateCorrupt: it is not a plan, or its digest is not that of its content.
        StateForeign: a newer Retinue wrote it.
    """
    try:
        version = str(data["format_version"])
        if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
            raise StateForeign(
                f"{where}: plan format {version}, this Retinue reads {FORMAT_VERSION}",
                hint="make the plan again with this version",
            )
        plan = _plan(data, root)
        digest = data["digest"]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise StateCorrupt(
            f"{where}: not a plan file ({type(error).__name__}: {error})",
            hint="make one with: retinue plan --out FILE",
        ) from None
    if plan.digest != digest:
        raise StateCorrupt(
            f"{where}: the digest does not fit the content: the file was changed",
            hint="make the plan again",
        )
    return plan


def _plan(data: Mapping[str, Any], root: Path) -> Plan:
    return Plan(
        id=str(data["id"]),
        created_at=str(data["timestamp"]),
        project=str(data["project"]),
        stack=str(data["stack"]),
        lineage=str(data["lineage"]),
        serial=int(data["serial"]),
        platform=str(data["platform"]),
        changes=tuple(_change(item, root) for item in data["resource_changes"]),
        drift=tuple(_drift(item) for item in data["resource_drift"]),
        notes=tuple(data["notes"]),
        selection=dict(data["selection"]),
    )


def _change(data: Mapping[str, Any], root: Path) -> Change:
    after = data["change"]["after"]
    for reference in data["references"]:
        _put(after, reference["path"], Unknown(Address.parse(reference["address"])))
    previous, upload = data["previous_address"], data["upload"]
    return Change(
        address=Address.parse(data["address"]),
        type=str(data["provider_type"]),
        action=Action(data["action"]),
        reason=Reason(data["action_reason"]) if data["action_reason"] else None,
        id=data["id"],
        before=data["change"]["before"],
        after=after,
        changed=tuple(data["changed"]),
        replace_because=tuple(path[0] for path in data["change"]["replace_paths"]),
        resets=tuple(data["resets"]),
        depends_on=tuple(map(Address.parse, data["depends_on"])),
        released_from=tuple(map(Address.parse, data["released_from"])),
        previous_address=Address.parse(previous) if previous else None,
        upload=_upload(upload, root) if upload else None,
        protect=bool(data["protect"]),
        protected=bool(data["protected"]),
        leftover=bool(data["leftover"]),
        basis=str(data["basis"]),
        level=int(data["level"]),
    )


def _put(tree: Any, path: list[str | int], value: Any) -> None:
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = value


def _upload(data: Mapping[str, Any], root: Path) -> Upload:
    shown = str(data["path"])
    return Upload(root / shown, shown, str(data["sha256"]), int(data["size"]))


def _drift(data: Mapping[str, Any]) -> DriftedResource:
    change = data["change"]
    after = change["after"] or {}
    return DriftedResource(
        address=Address.parse(data["address"]),
        type=str(data["provider_type"]),
        id=str(data["id"]),
        fields=tuple(Drift(n, value, after.get(n)) for n, value in change["before"].items()),
        deleted=change["actions"] == ["delete"],
    )
