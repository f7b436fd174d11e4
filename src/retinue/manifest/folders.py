"""Folders that are sent whole: which files belong to one, whether they are too large, and what the
folder says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retinue.manifest.context import Context
from retinue.manifest.paths import BadPath, Located
from retinue.manifest.spots import Document
from retinue.manifest.wording import described
from retinue.problem import Place


@dataclass(frozen=True, slots=True)
class Bounds:
    """What belongs to one kind of folder, called ``what``, and how much of it a platform takes.

    hidden: the hidden files and folders at its top that belong to it all the same. Sizes in bytes.
    """

    what: str
    bytes: int
    file_bytes: int | None = None
    files: int | None = None
    hidden: tuple[str, ...] = ()


def folder_at(context: Context, folder: str, written: str, place: Place) -> Located | None:
    """Find the folder that a manifest in ``folder`` calls ``written``; report it otherwise."""
    try:
        return context.locator.folder(folder, written)
    except BadPath as error:
        context.report_path(error, place)
        return None


def files_in(
    context: Context,
    folder: Located,
    exclude: str | list[str | None],
    place: Place,
    bounds: Bounds,
) -> list[Located] | None:
    """Find what is sent of a folder, sorted; report what can't be. None where that is unknown."""
    patterns = [exclude] if isinstance(exclude, str) else [each for each in exclude if each]
    try:
        files = context.globber.below(folder, tuple(patterns), bounds.hidden)
    except BadPath as error:
        context.report_path(error, place)
        return None
    most = bounds.files
    if most is not None and len(files) > most:
        message = f"{folder.shown} has {len(files):,} files; a {bounds.what} has at most {most}"
        context.report(
            "TOO-MANY", place, message, f"leave out what the {bounds.what} does not need"
        )
    _check_sizes(context, place, folder, files, bounds)
    return files


def inside(folder: Located, file: Located) -> str:
    """The path of a file relative to its folder, with forward slashes."""
    return file.shown[len(folder.shown) + 1 :]


def name_and_description(
    context: Context, document: Document, what: str, add: str
) -> dict[str, Any] | None:
    """What the manifest of such a folder says; its ``name`` and ``description`` are texts.

    None where one is missing, after reporting it: ``what`` is the word for the folder, ``add`` the
    way to write a ``{key}``.
    """
    front = document.value if isinstance(document.value, dict) else {}
    sound = True
    for key in ("name", "description"):
        value = front.get(key)
        if isinstance(value, str) and value.strip():
            continue
        sound = False
        absent = value is None or isinstance(value, str)
        message = (
            f"the {what} has no {key}" if absent else f"{key} must be text, not {described(value)}"
        )
        context.report(what.upper(), document.place((key,)), message, add.format(key=key))
    return front if sound else None


def _check_sizes(
    context: Context, place: Place, folder: Located, files: list[Located], bounds: Bounds
) -> None:
    sizes = [(file.shown, Path(file.path).stat().st_size) for file in files]
    most = bounds.file_bytes
    large = [] if most is None else [(shown, size, most) for shown, size in sizes if size > most]
    total = sum(size for _, size in sizes)
    if total > bounds.bytes:
        large.append((folder.shown, total, bounds.bytes))
    for shown, size, limit in large:
        message = f"{shown} has {size:,} bytes; a {bounds.what} takes at most {limit:,}"
        hint = f"leave out what the {bounds.what} does not need"
        context.report("FILE-SIZE", place, message, hint)
