"""Folders that are sent whole: which files belong to one, and whether they are too large."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from retinue.manifest.context import Context
from retinue.manifest.paths import BadPath, Located
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
