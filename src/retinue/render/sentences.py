"""What happens to an object and why, and what a plan or an apply amounts to, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from retinue.engine.plan import Action, Change, Counts, Plan, Reason
from retinue.kinds.base import MARKER
from retinue.render.escape import counted, visible
from retinue.render.lines import Piece, Pieces, Sign
from retinue.render.style import Tone

SIGNS: Mapping[Action, Sign] = {
    Action.CREATE: Sign.ADD,
    Action.UPDATE: Sign.CHANGE,
    Action.REPLACE: Sign.REPLACE,
    Action.DELETE: Sign.REMOVE,
    Action.ADOPT: Sign.ADOPT,
    Action.MOVE: Sign.MOVE,
    Action.FORGET: Sign.FORGET,
    Action.NO_OP: Sign.NONE,
}

_WHAT: Mapping[Action, str] = {
    Action.CREATE: "will be created",
    Action.UPDATE: "will be updated in-place",
    Action.REPLACE: "must be replaced",
    Action.DELETE: "will be destroyed",
    Action.ADOPT: "will be adopted",
    Action.MOVE: "has moved",
    Action.FORGET: "will be forgotten",
    Action.NO_OP: "stays as it is",
}

_WHY: Mapping[str, str] = {
    Reason.GONE: "because it was deleted outside of Retinue",
    Reason.CLOSED: "because its target changes: the platform has closed the old one",
    Reason.NOT_DECLARED: "because it is not in the manifests",
    Reason.REMOVED: "because of an entry in removed: the object stays on the platform",
    Reason.ALREADY_GONE: "because it was deleted outside of Retinue",
    Reason.GONE_WITH_TARGET: "because the platform has closed its target",
    Reason.LEFTOVER: "because an interrupted apply left it behind",
    Reason.DRIFT: "because somebody changed it on the platform",
    Reason.PROTECTION: "only in the state: the object stays as it is",
    Reason.DESTROY: "because everything is to be destroyed",
}

_REPLACED_MARKED = "because the object that carries our marker can't be changed into it"


def what(change: Change) -> str:
    """What will happen, to stand after the address."""
    text = _WHAT[change.action]
    if change.action is Action.CREATE and change.address.kind == "assistant":
        text += f" (on the target {target_of(change.type)})"
    if change.action is Action.MOVE:
        text += f" from {visible(str(change.previous_address))}"
    if change.action is Action.ADOPT and change.reason is Reason.MARKED:
        marked = MARKER in (change.after or {})
        text += " (it carries our marker)" if marked else " (objects of ours use it)"
    if change.action in (Action.ADOPT, Action.MOVE) and change.alters:
        text += " and updated in-place"
    return text


def why(change: Change) -> list[str]:
    """Further sentences in parentheses: the reason, and what else one should know."""
    known = _WHY.get(change.reason or "")
    sentences = [known] if known else []
    if change.reason is Reason.TARGET:
        old, new = (target_of(name) for name in (change.object_type, change.type))
        sentences.append(f"because its target changes from {old} to {new}")
    if change.action is Action.REPLACE and change.reason is Reason.MARKED:
        sentences.append(_REPLACED_MARKED)
    if change.action is Action.REPLACE and change.previous_address is not None:
        sentences.append(f"moved from {visible(str(change.previous_address))}")
    if change.protected and change.action is Action.DELETE and not change.leftover:
        sentences.append("it is protected: apply would refuse")
    if change.id and change.after is not None and change.protect != change.protected:
        sentences.append("protected from now on" if change.protect else "no longer protected")
    return sentences


def is_release(change: Change) -> bool:
    """Whether the change makes a new release, which has a number of its own, and in its ID the
    name that it goes by."""
    anew = change.alters or change.action is Action.MOVE
    return anew and change.after is not None and target_of(change.type) == "responses"


def target_of(type_name: str) -> str:
    """The target that a type of assistants belongs to."""
    return visible(type_name.partition(".")[0])


def comments(change: Change) -> tuple[Pieces, ...]:
    """The comment lines above the block of a change."""
    address = visible(str(change.address))
    if change.leftover:
        address += f" ({visible(str(change.id))})"
    strong = Tone.ALARM if change.destroys else Tone.BOLD
    first = (Piece(address, Tone.BOLD), " ", Piece(what(change), strong))
    return (first, *((f"({sentence})",) for sentence in why(change)))


def summary(counts: Counts) -> str:
    """The sentence ``Plan: 2 to add, 1 to change, 0 to destroy.``."""
    parts = [f"{counts.add} to add", f"{counts.change} to change", f"{counts.destroy} to destroy"]
    return f"Plan: {', '.join([*parts, *_rare(counts, 'to adopt', 'to move', 'to forget')])}."


def _rare(counts: Counts, adopt: str, move: str, forget: str) -> list[str]:
    """The figures that are only worth a word when there is something."""
    figures = ((counts.adopt, adopt), (counts.move, move), (counts.forget, forget))
    return [f"{count} {words}" for count, words in figures if count]


def done(counts: Counts) -> str:
    """``Resources: 2 added, 1 changed, 0 destroyed`` of what was done."""
    parts = [f"{counts.add} added", f"{counts.change} changed", f"{counts.destroy} destroyed"]
    return f"Resources: {', '.join([*parts, *_rare(counts, 'adopted', 'moved', 'forgotten')])}"


def conclusion(plan: Plan) -> str:
    """The last line of a plan, in every form of output."""
    if not plan.empty:
        return summary(plan.counts())
    if plan.selection:
        of_these = counted(len(plan.selection), "selected resource")
        return f"No changes. The platform matches the manifests for {of_these}."
    if plan.drift:
        return "No changes. What was changed on the platform is what the manifests say by now."
    return "No changes. The platform matches the manifests."
