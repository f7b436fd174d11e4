"""What somebody changed on the platform, field by field: as applied and as it is now. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from retinue.engine.plan import DriftedResource, Plan
from retinue.engine.plan_json import plan_to_json
from retinue.engine.safety import Verdict
from retinue.render.escape import quoted, visible
from retinue.render.forms import View
from retinue.render.lines import Block, Line, Piece, Pieces, Sign, line
from retinue.render.objects import attribute_changed, attribute_spot, framed, shown_name
from retinue.render.style import Tone
from retinue.render.values import label_of, widest

DOCUMENT: Final = ("format_version", "project", "stack", "platform", "resource_drift")
"""The keys of a plan document that tell of drift."""

TITLE = "Note: objects have changed outside of Retinue"
EXPLANATION = (
    "This is what somebody changed on the platform since the last apply (then -> now).\n"
    "Applying puts the manifests' values back. To keep a change, write it into the manifest;\n"
    "to leave a field to others, name it under lifecycle.ignore_changes."
)


def heading(item: DriftedResource) -> tuple[Pieces, ...]:
    """The comment line above the block of a drifted object."""
    word = "has been deleted" if item.deleted else "has changed"
    address = Piece(visible(str(item.address)), Tone.BOLD)
    return ((address, " ", Piece(word, Tone.ALARM if item.deleted else Tone.BOLD)),)


def drift_json(plan: Plan) -> dict[str, Any]:
    """The drift of a plan as one document. Described by ``schemas/drift.schema.json``."""
    document = plan_to_json(plan, Verdict())
    return {key: document[key] for key in DOCUMENT}


def drift_block(view: View, item: DriftedResource) -> Block:
    """Everything to show of one drifted object."""
    sign = Sign.REMOVE if item.deleted else Sign.CHANGE
    lines = framed(sign, item.address.kind, item.address.name, _body(view, item))
    return Block(heading(item), lines)


def _body(view: View, item: DriftedResource) -> Iterator[Line]:
    width = widest(["id", *(shown_name(item.address.kind, field.name) for field in item.fields)])
    if item.deleted:
        yield line(1, Sign.REMOVE, label_of("id", width), quoted(item.id),
                   Piece(" -> null", Tone.DIM))  # fmt: skip
    else:
        yield line(1, Sign.NONE, label_of("id", width), quoted(item.id))
    for field in item.fields:
        spot = attribute_spot(view, item.address.kind, field.name, width)
        yield from attribute_changed(spot, item.address.kind, field.applied, field.live)
