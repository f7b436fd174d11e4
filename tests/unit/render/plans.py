"""Plans to render: built directly, as the engine would."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from retinue.address import Address
from retinue.engine.diff import Drift
from retinue.engine.plan import Action, Change, DriftedResource, Plan, Reason
from retinue.engine.safety import Refusal, Verdict
from retinue.kinds.base import Upload
from retinue.kinds.values import Unknown

SAFE = Verdict()
OLD_HASH, NEW_HASH = "a" * 64, "b" * 64

TUTOR = Address("assistant", "math-tutor")
PAPER = Address("file", "gpt2-paper")
STORE = Address("vector_store", "papers")


def upload(path: str = "data/gpt2.pdf", size: int = 582_775) -> Upload:
    return Upload(Path("/project") / path, path, NEW_HASH, size)


def change(address: Address, action: Action, **fields: Any) -> Change:
    types = {"assistant": "assistants.assistant"}
    return Change(address=address, type=types.get(address.kind, address.kind), action=action,
                  **fields)  # fmt: skip


def update(address: Address, before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """An update in place; the attributes that differ count as changed."""
    changed = tuple(name for name in after if after[name] != before.get(name))
    return change(address, Action.UPDATE, id="asst_1", before=before, after=after, changed=changed)


def plan(*changes: Change, **fields: Any) -> Plan:
    defaults: dict[str, Any] = {
        "id": "p-1",
        "created_at": "2026-11-21T01:00:00+00:00",
        "project": "tutoring",
        "stack": "prod",
        "lineage": "l-1",
        "serial": 7,
        "platform": "local",
    }
    return Plan(**{**defaults, **fields}, changes=changes)


def create_paper() -> Change:
    after = {"filename": "gpt2.pdf", "purpose": "assistants", "bytes": 582_775, "sha256": NEW_HASH}
    return change(PAPER, Action.CREATE, after=after, changed=tuple(after), upload=upload())


def replace_paper() -> Change:
    before = {"filename": "gpt2.pdf", "purpose": "assistants", "bytes": 1, "sha256": OLD_HASH}
    after = {**before, "bytes": 582_775, "sha256": NEW_HASH}
    names = ("bytes", "sha256")
    return change(
        PAPER,
        Action.REPLACE,
        reason=Reason.CANNOT_UPDATE,
        id="file-old",
        before=before,
        after=after,
        changed=names,
        replace_because=names,
        upload=upload(),
    )


def create_tutor() -> Change:
    after = {
        "name": "Math Tutor",
        "description": None,
        "model": "gpt-4o",
        "instructions": "You are a personal math tutor.",
        "tools": [{"type": "code_interpreter"}],
        "tool_resources": {"code_interpreter": {"file_ids": [Unknown(PAPER)]}},
        "marker": "tutoring/prod/assistant.math-tutor",
    }
    return change(
        TUTOR, Action.CREATE, after=after, changed=tuple(after), depends_on=(PAPER,), level=1
    )


def delete_tutor(**fields: Any) -> Change:
    before = {"name": "Math Tutor", "model": "gpt-4o", "marker": "m"}
    defaults = {"id": "asst_1", "before": before, "reason": Reason.NOT_DECLARED}
    return change(TUTOR, Action.DELETE, **{**defaults, **fields})


def adopt(*changed: str, **after: Any) -> Change:
    before = {"name": "Math Tutor", "model": "gpt-4o", "marker": None}
    return change(
        TUTOR,
        Action.ADOPT,
        reason=Reason.MARKED,
        id="asst_1",
        before=before,
        after={**before, "marker": "m", **after},
        changed=(*changed, "marker"),
    )


def move(*changed: str, **after: Any) -> Change:
    before = {"name": "Math Tutor", "model": "gpt-4o", "marker": "old"}
    return change(
        TUTOR,
        Action.MOVE,
        reason=Reason.MOVED,
        previous_address=Address("assistant", "tutor"),
        id="asst_1",
        before=before,
        after={**before, "marker": "new", **after},
        changed=(*changed, "marker"),
    )


def forget(reason: Reason = Reason.REMOVED) -> Change:
    before = {"name": "Math Tutor", "model": "gpt-4o", "top_p": 1}
    return change(TUTOR, Action.FORGET, reason=reason, id="asst_1", before=before)


def no_op(address: Address = STORE) -> Change:
    values = {"name": "papers"}
    return change(address, Action.NO_OP, id="vs_1", before=values, after=values)


def drifted(*fields: Drift, deleted: bool = False) -> DriftedResource:
    return DriftedResource(
        address=TUTOR, type="assistants.assistant", id="asst_1", fields=fields, deleted=deleted
    )


def refusal(address: Address = TUTOR) -> Refusal:
    return Refusal("RTN-REFUSED-PROTECTED", f"protected: {address}", "lift it first", (address,))


def everything() -> Plan:
    """A plan with one of each."""
    moved = Address("assistant", "moved")
    return plan(
        no_op(),
        replace_paper(),
        create_tutor(),
        update(TUTOR, {"name": "T", "model": "a", "temperature": 0.2, "marker": "m"},
               {"name": "T", "model": "b", "temperature": 1.0, "marker": "m"}),
        delete_tutor(protected=True),
        delete_tutor(id="asst_0", before=None, reason=Reason.LEFTOVER, leftover=True),
        adopt("model", model="gpt-5"),
        change(moved, Action.MOVE, reason=Reason.MOVED, previous_address=TUTOR, id="asst_8",
               before={"name": "x"}, after={"name": "x"}),
        forget(),
        drift=(drifted(Drift("model", "a", "z")), drifted(deleted=True)),
        notes=("file.x (file-1) was created by an interrupted apply; it is kept",),
        selection={"assistant.math-tutor": "--target", "file.gpt2-paper": "needed"},
    )  # fmt: skip
