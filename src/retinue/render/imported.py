"""What an import from files did: for people, and as one JSON document. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from retinue.manifest.schema_project import TARGETS
from retinue.operations.dumps.report import KINDS, Kind, Remark, Report, Taken
from retinue.render.escape import counted, paragraph, visible
from retinue.render.style import Style, Tone

_TONES: Final[dict[Kind, Tone]] = {
    "dropped": Tone.DIM,
    "changed": Tone.DIM,
    "unknown": Tone.CAUTION,
    "decide": Tone.BOLD,
}
_WIDTH: Final = max(map(len, KINDS))


def imported_text(report: Report, style: Style) -> str:
    """Each assistant with what is not as it was; then the files and the figures."""
    new = [each for each in report.taken if not each.declared]
    everywhere = _common(new)
    routine = _routine(new, everywhere)
    once = {*everywhere, *routine}
    blocks = [
        *_head("every new assistant", everywhere, style),
        *_head("new assistants that have them", _joined(routine), style),
        *(_block(each, once, style) for each in report.taken),
    ]
    parts = ["\n".join(block) for block in blocks]
    files = "\n".join(_files(report))
    return "\n\n".join([*parts, *([files] if files else []), _figures(report)]) + "\n"


def _common(new: list[Taken]) -> list[Remark]:
    """What is said of every one of several assistants: once is enough."""
    if len(new) < 2:
        return []
    return [each for each in new[0].remarks if all(each in other.remarks for other in new[1:])]


def _routine(new: list[Taken], everywhere: list[Remark]) -> list[Remark]:
    """What is said of some of several assistants, whichever they are."""
    if len(new) < 2:
        return []
    said = dict.fromkeys(each for taken in new for each in taken.remarks if each.routine)
    return [each for each in said if each not in everywhere]


def _joined(remarks: Iterable[Remark]) -> list[Remark]:
    """One remark for each message, with the fields of all that say it."""
    fields: dict[str, dict[str, None]] = {}
    for each in remarks:
        fields.setdefault(each.message, {}).update(dict.fromkeys(each.field.split(", ")))
    return [Remark("dropped", ", ".join(of), message) for message, of in fields.items()]


def _head(title: str, remarks: list[Remark], style: Style) -> list[list[str]]:
    """A block of what need not be said of each; none where there is nothing."""
    return [[style.paint(title, Tone.BOLD), *_lines(remarks, style)]] if remarks else []


def _block(taken: Taken, once: Collection[Remark], style: Style) -> list[str]:
    known = ", ".join(part for part in (taken.object_id, str(taken.origin)) if part)
    head = f"{style.paint(visible(str(taken.address)), Tone.BOLD)}  {visible(known)}"
    if taken.declared:
        return [head, f"  declared already, in {visible(taken.declared)}"]
    remarks = [each for each in taken.remarks if each not in once]
    return [head, *_lines(remarks, style)]


def _lines(remarks: Iterable[Remark], style: Style) -> Iterator[str]:
    for remark in sorted(remarks, key=lambda each: KINDS.index(each.kind)):
        kind = style.paint(f"{remark.kind:{_WIDTH}}", _TONES[remark.kind])
        where = "" if remark.targets == TARGETS else f" (target {', '.join(remark.targets)})"
        field = f"{visible(remark.field)}{where}: " if remark.field else ""
        yield f"  {kind}  {field}{visible(remark.message)}"


def _files(report: Report) -> Iterator[str]:
    for file in report.files:
        if report.dry:
            yield f"would write {visible(file.path)}:\n"
            yield "\n".join(f"    {line}".rstrip() for line in paragraph(file.text).split("\n"))
        else:
            yield f"wrote {visible(file.path)}"


def _figures(report: Report) -> str:
    declared = len(report.taken) - report.new
    verb = "Would import" if report.dry else "Imported"
    more = f", {declared} declared already" if declared else ""
    ways = any(each.kind == "decide" for taken in report.taken for each in taken.remarks)
    option = " --target TARGET shows the ways out of each decision" if ways else ""
    following = f" Next: retinue validate{option}" if report.new and not report.dry else ""
    return f"{verb} {counted(report.new, 'assistant')}{more}.{following}"


def imported_json(report: Report) -> dict[str, Any]:
    """The same for `--json`."""
    return {
        "format_version": "1.0",
        "dry_run": report.dry,
        "assistants": [_assistant(each) for each in report.taken],
        "files": [
            {"path": file.path, "text": file.text if report.dry else None} for file in report.files
        ],
        "notes": [
            {"file": note.origin.file, "at": note.origin.at, "message": note.message}
            for note in report.notes
        ],
    }


def _assistant(taken: Taken) -> dict[str, Any]:
    return {
        "address": str(taken.address),
        "status": "declared" if taken.declared else "new",
        "manifest": taken.declared or taken.manifest,
        "id": taken.object_id or None,
        "name": taken.name or None,
        "file": taken.origin.file,
        "at": taken.origin.at,
        "remarks": [
            {
                "kind": remark.kind,
                "field": remark.field,
                "message": remark.message,
                "hint": remark.hint or None,
                "targets": list(remark.targets),
            }
            for remark in taken.remarks
        ],
    }
