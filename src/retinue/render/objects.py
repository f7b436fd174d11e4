"""A change as a block: the comment lines and the attributes that come, go or differ. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from retinue.engine.plan import Action, Change, Plan
from retinue.kinds.base import MARKER
from retinue.render.changes import ARROW, changed, hidden
from retinue.render.escape import counted, quoted, visible
from retinue.render.forms import KNOWN_LATER, View, short_hash
from retinue.render.lines import Block, Line, Piece, Sign, line, noted
from retinue.render.sentences import SIGNS, comments, is_release
from retinue.render.style import Tone
from retinue.render.values import Spot, label_of, whole, widest

NAMES = ("name", "filename")
"""Attributes that stay visible when they don't change: by them people know an object."""

DEFAULTED = "returns to the platform's default"
REPLACING = "forces replacement"
MARKING = "whose it is; among its metadata"


def view_of(plan: Plan, *, full_text: bool = False) -> View:
    """Look at values as ``plan`` knows them: IDs of its objects are shown by their address."""
    names = {c.id: str(c.address) for c in plan.changes if c.id is not None and not c.leftover}
    return View(full_text=full_text, names=names)


def block_of(view: View, change: Change) -> Block:
    """Everything to show of one change."""
    body = _BODIES.get(change.action, _updated)(view, change)
    return Block(comments(change), framed(SIGNS[change.action], change.address.kind,
                                          change.address.name, body))  # fmt: skip


def framed(sign: Sign, kind: str, name: str, body: Iterable[Line]) -> tuple[Line, ...]:
    """Put ``~ assistant "math-tutor" {`` and ``}`` around a body."""
    opening = line(0, sign, f"{visible(kind)} {quoted(name)} {{")
    return (opening, *body, line(0, Sign.NONE, "}"))


# --- attributes that are shown in a form of their own --------------------------------------------


def human_size(count: int) -> str:
    """A size in decimal units, as OpenAI counts its limits."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if count >= 1000**power:
            return f"{count / 1000**power:.1f} {unit}"
    return counted(count, "byte")


def _size(value: Any) -> str:
    return human_size(value) if isinstance(value, int) else quoted(str(value))


def _exact_size(value: Any) -> str:
    return counted(value, "byte") if isinstance(value, int) else quoted(str(value))


def _whole_hash(value: Any) -> str:
    return visible(str(value))


_FILE_FORMS: Mapping[str, tuple[Callable[[Any], str], Callable[[Any], str]]] = {
    "bytes": (_size, _exact_size),
    "sha256": (short_hash, _whole_hash),
}
"""Attributes of files: how they are shown, and how when two would look the same."""

_LABELS = {"bytes": "size"}


def attribute_spot(view: View, kind: str, name: str, width: int) -> Spot:
    """Where an attribute of an object stands."""
    return Spot(view, 1, label_of(shown_name(kind, name), width), name)


def shown_name(kind: str, name: str) -> str:
    """What an attribute is called in the output."""
    return _LABELS.get(name, name) if kind == "file" else name


def attribute_whole(spot: Spot, kind: str, sign: Sign, value: Any) -> list[Line]:
    """An attribute that comes or goes as a whole."""
    forms = _FILE_FORMS.get(spot.name) if kind == "file" and value is not None else None
    return (
        whole(spot, sign, value) if forms is None else [line(1, sign, spot.label, forms[0](value))]
    )


def attribute_changed(spot: Spot, kind: str, old: Any, new: Any) -> list[Line]:
    """An attribute that differs."""
    forms = _FILE_FORMS.get(spot.name) if kind == "file" else None
    if forms is None or old is None or new is None:
        return changed(spot, old, new)
    short, exact = forms
    form = short if short(old) != short(new) else exact
    return [line(1, Sign.CHANGE, spot.label, form(old), ARROW, form(new))]


# --- the bodies of the actions -------------------------------------------------------------------


def _created(view: View, change: Change) -> Iterator[Line]:
    after = _present(change.after)
    path = {} if change.upload is None else {"path": change.upload.shown}
    width = widest(["id", *path, *after])
    yield line(1, Sign.ADD, label_of("id", width), KNOWN_LATER)
    for name, value in path.items():
        yield line(1, Sign.ADD, label_of(name, width), quoted(value))
    kind = change.address.kind
    for name, value in after.items():
        spot = attribute_spot(view, kind, name, width)
        yield from attribute_whole(spot, kind, Sign.ADD, value)


def _present(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Attributes worth a line when an object comes or goes."""
    items = (values or {}).items()
    return {n: v for n, v in items if n != MARKER and v is not None and v != {}}


def _deleted(view: View, change: Change) -> Iterator[Line]:
    before = _present(change.before)
    width = widest(["id", *before])
    yield line(1, Sign.REMOVE, label_of("id", width), _id(change.id), Piece(" -> null", Tone.DIM))
    kind = change.address.kind
    for name, value in before.items():
        spot = attribute_spot(view, kind, name, width)
        yield from noted(attribute_whole(spot, kind, Sign.REMOVE, value), last=" -> null")


def _id(object_id: str | None) -> str:
    return quoted(object_id or "")


def _forgotten(view: View, change: Change) -> Iterator[Line]:
    del view
    values = change.before or {}
    yield from _identity(change, values, (), _width(change, values, ()))
    yield from hidden(1, len(_unchanged(change.before or {}, ())), "attribute")


def _updated(view: View, change: Change) -> Iterator[Line]:
    before, after = change.before or {}, change.after or {}
    names = [name for name in after if name in change.changed and name != MARKER]
    gone = [n for n in _present(before) if n in change.changed and n not in after]
    width = _width(change, after, names, gone)
    yield from _identity(change, after, names, width)
    kind = change.address.kind
    for name in names:
        spot = attribute_spot(view, kind, name, width)
        lines = attribute_changed(spot, kind, before.get(name), after[name])
        yield from noted(lines, first=_remark(change, name))
    for name in gone:
        spot = attribute_spot(view, kind, name, width)
        yield from attribute_whole(spot, kind, Sign.REMOVE, before[name])
    if not names and MARKER in change.changed:
        yield from _marked(view, change)
    yield from hidden(1, len(_unchanged(after, change.changed)), "attribute")


def _marked(view: View, change: Change) -> list[Line]:
    """The marker, where nothing else changes: otherwise an update has nothing to show."""
    old, new = (change.before or {}).get(MARKER), (change.after or {}).get(MARKER)
    spot = attribute_spot(view, change.address.kind, MARKER, _width(change, change.after or {}, ()))
    lines = whole(spot, Sign.CHANGE, new) if old == new else changed(spot, old, new)
    return noted(lines, first=MARKING)


def _remark(change: Change, name: str) -> str:
    if name in change.replace_because:
        return REPLACING
    return DEFAULTED if name in change.resets else ""


def _unchanged(values: Mapping[str, Any], changed_names: Sequence[str]) -> list[str]:
    return [n for n in values if n not in changed_names and n not in NAMES and n != MARKER]


def _identity(
    change: Change, values: Mapping[str, Any], names: Sequence[str], width: int
) -> Iterator[Line]:
    """The ID, and the name unless it is among the changed ``names``."""
    if change.action is Action.REPLACE or is_release(change):
        yield line(1, Sign.CHANGE, label_of("id", width), _id(change.id), ARROW, KNOWN_LATER)
    else:
        yield line(1, Sign.NONE, label_of("id", width), _id(change.id))
    if change.upload is not None and names:
        yield line(1, Sign.NONE, label_of("path", width), quoted(change.upload.shown))
    for name in NAMES:
        if name in values and name not in names:
            yield line(1, Sign.NONE, label_of(name, width), quoted(str(values[name])))


def _width(
    change: Change, values: Mapping[str, Any], names: Sequence[str], gone: Sequence[str] = ()
) -> int:
    shown = [shown_name(change.address.kind, name) for name in (*names, *gone)]
    named = [name for name in NAMES if name in values]
    named += [MARKER] if not names and MARKER in change.changed else []
    return widest(["id", *shown, *named, *(["path"] if change.upload and names else [])])


_BODIES: Mapping[Action, Callable[[View, Change], Iterable[Line]]] = {
    Action.CREATE: _created,
    Action.DELETE: _deleted,
    Action.FORGET: _forgotten,
}
