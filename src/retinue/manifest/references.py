"""References between resources: names to addresses, literal IDs, paths to files of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from retinue.address import Address
from retinue.manifest.context import Context, Declaration
from retinue.manifest.ids import mistaken
from retinue.manifest.model import ExternalId, File, Lifecycle, Reference
from retinue.manifest.paths import Located
from retinue.manifest.suggest import did_you_mean, listed
from retinue.manifest.wording import KINDS, shown
from retinue.problem import FixedPlace, Place

MAX_FILE_BYTES: Final = 512 * 1024 * 1024

_SECTIONS: Final = {kind: section for section, kind in KINDS.items()}


def refer(
    context: Context, owner: Declaration, kind: str, value: Any, *path: str | int
) -> Reference | None:
    """Resolve what ``owner`` writes at ``path``: a name, ``{id: …}`` or ``{path: …}`` (a file).

    Returns None after reporting what does not exist.
    """
    if isinstance(value, str):
        return named(context, owner, kind, value, *path)
    if "id" in value:
        return external(context, owner, kind, value["id"], *path, "id")
    if "path" in value:
        return file_at(context, owner, value["path"], *path, "path")
    return None  # flawed, and reported as that


def external(
    context: Context, owner: Declaration, kind: str, object_id: str, *path: str | int
) -> ExternalId:
    """Take a literal ID; report one that is certainly that of another kind of object."""
    found = mistaken(kind, object_id)
    if found is not None:
        given, taken = found
        section = _SECTIONS[kind]
        context.report(
            "ID",
            owner.places.at(*path),
            f"{shown(object_id)} is the ID of {given}, and {taken} is wanted",
            f"give the ID of {taken}, or declare it under {section}: and write its name",
        )
    return ExternalId(kind, object_id)


def refer_to(context: Context, owner: Declaration, kind: str, key: str) -> Reference | None:
    """Resolve what ``owner`` writes at ``key``, None where it is not named."""
    if key not in owner.value:
        return None
    return refer(context, owner, kind, owner.value[key], key)


def resolved_list(
    context: Context, owner: Declaration, kind: str, key: str
) -> tuple[Reference, ...] | None:
    """Resolve the list that ``owner`` writes at ``key``, None where it is not named."""
    if key not in owner.value:
        return None
    return tuple(resolved(context, owner, kind, owner.value[key], key))


def resolved(
    context: Context, owner: Declaration, kind: str, written: list[Any], *path: str | int
) -> Iterator[Reference]:
    """Yield the references of a list, each once."""
    seen: set[Reference] = set()
    for index, value in enumerate(written):
        if value is None:
            continue
        reference = refer(context, owner, kind, value, *path, index)
        if reference in seen:
            report_twice(context, owner, kind, *path, index)
        elif reference is not None:
            seen.add(reference)
            yield reference


def report_twice(context: Context, owner: Declaration, kind: str, *path: str | int) -> None:
    """Report the second mention of a resource in a list that names each once."""
    context.report(
        "DUPLICATE-FILE" if kind == "file" else "DUPLICATE-REFERENCE",
        owner.places.at(*path),
        f"this {kind} is named twice",
        "keep one of the two",
    )


def named(
    context: Context, owner: Declaration, kind: str, name: str, *path: str | int
) -> Address | None:
    """Resolve a name of a kind."""
    address = Address(kind, name)
    if address in context.declared:
        return address
    section, names = _SECTIONS[kind], context.names(kind)
    known = f"declared {section}: {listed(names)}" if names else f"declare it under {section}:"
    context.report(
        "REFERENCE",
        owner.places.at(*path),
        f"there is no {kind} {name!r}",
        did_you_mean(name, names, known),
    )
    return None


def file_at(context: Context, owner: Declaration, written: str, *path: str | int) -> Address | None:
    """Resolve a path: to the declared file that has it, else to a file of its own."""
    located = context.locate(owner, written, *path)
    return implicit_file(context, located, owner.places.at(*path)) if located else None


def implicit_file(context: Context, located: Located, place: Place) -> Address | None:
    """Return the address of the file at a path, and add the file when nobody declared it."""
    known = context.files_by_path.get(located.path)
    if known is not None:
        return known
    try:
        address = Address.parse(f"file.{located.shown}")
    except ValueError:
        context.report(
            "FILE-NAME",
            place,
            f"the path {located.shown} can't be an address",
            "declare it under files: with a name",
        )
        return None
    check_content(context, located.path, located.shown, place)
    context.files_by_path[located.path] = address
    context.resources[address] = File(
        address=address,
        path=Path(located.path),
        shown=located.shown,
        fields={"purpose": "assistants"},
        lifecycle=Lifecycle(),
        places=FixedPlace(place),
    )
    return address


def check_content(context: Context, path: str, shown: str, place: Place) -> None:
    """Report a file that the platform would refuse for its size."""
    size = Path(path).stat().st_size
    if size == 0:
        context.report("FILE-EMPTY", place, f"{shown} is empty", "platforms refuse empty files")
    elif size > MAX_FILE_BYTES:
        context.report(
            "FILE-SIZE",
            place,
            f"{shown} has {size:,} bytes; platforms take at most {MAX_FILE_BYTES:,} (512 MB)",
            "split it",
        )
