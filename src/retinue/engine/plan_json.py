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
from retinue.kinds.values import Sealed, Unknown, at, put, spots, transform, unread
from retinue.manifest.model import Secret

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
        "approvable": not any(unread(change.after) for change in plan.changes),
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
        "previous_provider_type": change.previous_type,
        "type": change.address.kind,
        "name": change.address.name,
        "provider_type": change.type,
        "id": change.id,
        "action": change.action.value,
        "action_reason": change.reason and change.reason.value,
        "change": {
            "actions": _ACTIONS.get(change.action, ["update"] if change.changed else ["no-op"]),
            "before": transform(change.before, _plain),
            "after": transform(change.after, _plain),
            "after_unknown": _tree(change.after, Unknown) or {},
            "before_sensitive": _tree(change.before, Sealed) or {},
            "after_sensitive": _tree(change.after, Sealed) or {},
            "replace_paths": [[name] for name in change.replace_because],
            **({"importing": {"id": change.id}} if change.action is Action.ADOPT else {}),
        },
        "references": [
            {"path": list(path), "address": str(unknown.address)}
            for path, unknown in spots(change.after, Unknown)
        ],
        "secrets": [*_secrets(change, "before"), *_secrets(change, "after")],
        "changed": list(change.changed),
        "resets": list(change.resets),
        "depends_on": [str(address) for address in change.depends_on],
        "released_from": [str(address) for address in change.released_from],
        "upload": change.upload and _upload_to_json(change.upload),
        "inline": [_upload_to_json(upload) for upload in change.inline],
        "protect": change.protect,
        "protected": change.protected,
        "leftover": change.leftover,
        "basis": change.basis,
        "level": change.level,
    }


def _upload_to_json(upload: Upload) -> dict[str, Any]:
    files = {} if upload.files is None else {"files": dict(upload.files)}
    return {"path": upload.shown, "sha256": upload.sha256, "size": upload.size, **files}


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


def _plain(leaf: Any) -> Any:
    """JSON for a leaf; of a secret there is only the fingerprint."""
    if isinstance(leaf, Unknown):
        return None
    return leaf.fingerprint if isinstance(leaf, Sealed) else leaf


def _tree(value: Any, sort: type) -> Any:
    """The shape of ``value`` with true where a leaf of a sort is; None where there is none."""
    if isinstance(value, sort):
        return True
    if isinstance(value, Mapping):
        tree = {key: _tree(item, sort) for key, item in value.items()}
        return {key: item for key, item in tree.items() if item is not None} or None
    if isinstance(value, (list, tuple)):
        items = [_tree(item, sort) for item in value]
        return [item or {} for item in items] if any(items) else None
    return None


def _secrets(change: Change, side: str) -> Iterator[dict[str, Any]]:
    """Where secrets stand, and where each comes from: what a saved plan has to read again."""
    for path, secret in spots(change.before if side == "before" else change.after, Sealed):
        source = None if secret.source is None else asdict(secret.source)
        yield {"in": side, "path": list(path), "source": source}


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
    values = data["change"]
    for reference in data["references"]:
        put(values["after"], reference["path"], Unknown(Address.parse(reference["address"])))
    for secret in data["secrets"]:
        tree, path = values[secret["in"]], secret["path"]
        fingerprint = at(tree, path)
        known = None if fingerprint is None else str(fingerprint)
        put(tree, path, Sealed(known, _source(secret["source"])))
    previous, upload = data["previous_address"], data["upload"]
    return Change(
        address=Address.parse(data["address"]),
        type=str(data["provider_type"]),
        action=Action(data["action"]),
        reason=Reason(data["action_reason"]) if data["action_reason"] else None,
        id=data["id"],
        before=values["before"],
        after=values["after"],
        changed=tuple(data["changed"]),
        replace_because=tuple(path[0] for path in values["replace_paths"]),
        resets=tuple(data["resets"]),
        depends_on=tuple(map(Address.parse, data["depends_on"])),
        released_from=tuple(map(Address.parse, data["released_from"])),
        previous_address=Address.parse(previous) if previous else None,
        previous_type=data["previous_provider_type"],
        upload=_upload(upload, root) if upload else None,
        inline=tuple(_upload(item, root) for item in data["inline"]),
        protect=bool(data["protect"]),
        protected=bool(data["protected"]),
        leftover=bool(data["leftover"]),
        basis=str(data["basis"]),
        level=int(data["level"]),
    )


def _source(data: Any) -> Secret | None:
    return None if data is None else Secret(str(data["env"]), tuple(data["command"]))


def _upload(data: Mapping[str, Any], root: Path) -> Upload:
    shown = str(data["path"])
    files = dict(data["files"]) if "files" in data else None
    return Upload(root / shown, shown, str(data["sha256"]), int(data["size"]), files)


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
