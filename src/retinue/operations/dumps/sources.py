"""From paths to everything that is in them: which reader reads what.

The content decides, not the name: a Terraform state, a notebook and a page of a list are all JSON.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from retinue.manifest.suggest import listed
from retinue.operations.dumps import folders, json_text, literals, notebooks, objects, terraform
from retinue.operations.dumps.records import Haul, Origin, Record

MOST_BYTES: Final = 256 * 1024 * 1024
"""Larger files are refused unread."""

_YAML: Final = (".yaml", ".yml")
_DUMPS: Final = (".json", ".jsonl", ".ndjson", ".tfstate", ".ipynb")
"""What is read of a folder, besides configs."""

_SKIPPED: Final = (".", "__pycache__", "node_modules")
"""Folders that hold nothing that anybody wrote."""

_JSON: Final = re.compile(r'\s*[\[{][\s\[{]*(?:["\]}]|\Z)')
"""How JSON starts, and neither a Python literal nor a text."""

_FORMS: Final = (
    "JSON as the API returned it, JSON Lines, a Terraform state, a notebook,"
    " or a folder with config.yaml and instructions.txt"
)


def read(paths: Sequence[Path]) -> Haul:
    """Read everything that ``paths``, files and folders, hold.

    What can't be read is a flaw of the haul; so is that there is no assistant at all.
    """
    haul = Haul()
    for path in paths:
        if path.is_dir():
            _folder(haul, path)
        else:
            _named_file(haul, path)
    if not haul.flaws and not haul.of("assistant"):
        where = Origin(", ".join(path.as_posix() for path in paths))
        haul.flaw(where, "there is no assistant in it", _ways_out(haul))
    if haul.unfinished and not haul.last_pages:
        haul.note(
            haul.unfinished[-1],
            "has_more is true, and no further page was given: assistants may be missing",
        )
    haul.found |= {each.object_id for each in haul.of("file") if _is_there(each)}
    return haul


def _ways_out(haul: Haul) -> str:
    """What could have been read, and what in the folders nobody looked into."""
    if not haul.skipped:
        return f"import reads {_FORMS}"
    return (
        f"not read: {listed(haul.skipped)}; of a folder, only configs with instructions and files "
        f"that end in {', '.join(_DUMPS)} are read: give others by their own names, for then the "
        "content decides"
    )


def _is_there(record: Record) -> bool:
    """Whether a file is where it was uploaded from: Terraform runs in the folder of its state."""
    beside = Path(record.origin.file).parent / record.path
    return bool(record.path) and os.path.isfile(beside)  # noqa: PTH113 - whatever the path is


def _folder(haul: Haul, root: Path) -> None:
    for where, below, found in os.walk(root, onerror=lambda error: _unread(haul, error)):
        here = Path(where)
        below[:] = sorted(name for name in below if not name.startswith(_SKIPPED))
        for name in below:
            if (here / name).is_symlink():
                haul.note(Origin((here / name).as_posix()), "passed over: a link to a folder")
        names = list(_regular(haul, here, sorted(found), root))
        dumps = [name for name in names if name.endswith(_DUMPS)]
        configs = list(folders.configs_in(here, names))
        read = {here / name for name in dumps}.union(*(each.files for each in configs))
        haul.skipped += _skipped(here, sorted(found), read)
        for config in configs:
            folders.gather_config(haul, config, root)
        for name in dumps:
            _file(haul, here / name)


def _skipped(folder: Path, names: list[str], read: Collection[Path]) -> Iterator[str]:
    """The files of a folder that are not ``read``, hidden ones aside."""
    for name in names:
        path = folder / name
        if not name.startswith(".") and path not in read and path.is_file():
            yield path.as_posix()


def _regular(haul: Haul, folder: Path, names: list[str], root: Path) -> Iterator[str]:
    """Those of ``names`` that are of use, end somewhere, and are in ``root``."""
    for name in names:
        path = folder / name
        if name.startswith(".") or not name.endswith((*_DUMPS, *_YAML, *folders.TEXTS)):
            continue
        if path.is_symlink() and not _within(path, root):
            haul.note(Origin(path.as_posix()), "passed over: a link that leads out of the folder")
        elif path.exists() and not path.is_file():
            haul.note(Origin(path.as_posix()), "passed over: no regular file")
        else:  # also a link that leads nowhere: reading it says so
            yield name


def _within(path: Path, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _unread(haul: Haul, error: OSError) -> None:
    file = Path(str(error.filename)).as_posix()
    haul.flaw(Origin(file), error.strerror or str(error), "check the path and its permissions")


def _named_file(haul: Haul, path: Path) -> None:
    if path.suffix not in _YAML:
        _file(haul, path)
        return
    try:
        texts = sorted(each.name for each in path.parent.iterdir() if each.suffix in folders.TEXTS)
    except OSError as error:
        _unread(haul, error)
        return
    beside = [path.name, *_regular(haul, path.parent, texts, path.parent)]
    found = [each for each in folders.configs_in(path.parent, beside) if each.path == path]
    config = found[0] if found else folders.Config(path, (), path.stem)
    folders.gather_config(haul, config, path.parent)


def _file(haul: Haul, path: Path) -> None:
    shown = path.as_posix()
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        _unread(haul, error)
        return
    if len(data) > MOST_BYTES:
        haul.flaw(Origin(shown), f"the file has more than {MOST_BYTES:,} bytes", "split it")
        return
    try:
        read_bytes(haul, shown, data)
    except json_text.NotJson as error:
        haul.flaw(Origin(shown, error.at), error.message, error.hint)


def read_bytes(haul: Haul, shown: str, data: bytes) -> None:
    """Add to ``haul`` what the content of one file holds.

    Raises:
        NotJson: it is in none of the forms.
    """
    text = json_text.decoded(data)
    try:
        values = json_text.values(text)
    except json_text.NotJson:
        # JSON that breaks is an error with a place: its whole parts are not all that it held.
        if _JSON.match(text):
            raise
        _text(haul, shown, text)
        return
    if not values:
        raise json_text.NotJson("the file is empty")
    several = len(values) > 1
    for at, value in values:
        _value(haul, shown, f"{at}: $" if several else "$", value)


def _text(haul: Haul, shown: str, text: str) -> None:
    """Read a text that shows objects in its middle."""
    if not _literals(haul, shown, text):
        broken = [note.origin.at for note in haul.notes if note.origin.file == shown]
        if broken:
            raise json_text.NotJson(
                "the objects that it shows break off", broken[0], "copy it anew, with whole lines"
            )
        raise json_text.NotJson(
            "this is no JSON, and shows no object", "", f"import reads {_FORMS}"
        )


def _value(haul: Haul, shown: str, at: str, value: Any) -> None:
    if terraform.is_state(value):
        terraform.gather_state(haul, shown, value)
    elif notebooks.is_notebook(value):
        _notebook(haul, shown, value)
    else:
        objects.gather(haul, shown, [(at, value)])


def _notebook(haul: Haul, shown: str, notebook: dict[str, Any]) -> None:
    for at, output in notebooks.outputs(notebook):
        if isinstance(output, str):
            _literals(haul, shown, output, at)
        else:
            objects.gather(haul, shown, [(at, output)])


def _literals(haul: Haul, shown: str, text: str, cell: str = "") -> bool:
    """Read what a text shows in its middle; whether there is anything."""
    found = literals.literals(text)
    readable: list[tuple[str, Any]] = []
    for each, at in _placed(found, cell):
        if each.value is None:
            haul.note(Origin(shown, at), "passed over: an object that breaks off, or is none")
        else:
            readable.append((at, each.value))
    objects.gather(haul, shown, readable)
    return bool(readable)


def _placed(found: list[literals.Shown], cell: str) -> Iterator[tuple[literals.Shown, str]]:
    for each in found:
        yield each, f"{cell}, line {each.line}" if cell else f"line {each.line}"
