"""Folders that people keep by hand: a config.yaml beside the instructions, for each assistant.

Either a folder for each assistant (``config.yaml`` and ``instructions.txt`` or ``.md``), or one
folder with pairs (``tutor.yaml`` and ``tutor.md``), or one config.yaml with ``assistants:``. Reads
nothing outside of the folder that was given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from retinue.manifest.source import read_document, read_text
from retinue.operations.dumps.records import Flaw, Haul, Origin, Record
from retinue.problem import Problem

CONFIGS: Final = ("config.yaml", "config.yml", "assistant.yaml", "assistant.yml")
"""What a config is called that stands alone in its folder."""

_YAML: Final = (".yaml", ".yml")
TEXTS: Final = (".md", ".txt")
_FILE_KEYS: Final = ("instructions_file", "instructions_path", "prompt_file")
"""What people call the key that names the file of the instructions."""


@dataclass(frozen=True, slots=True)
class Config:
    """A config, the texts beside it that may be its instructions, and what to call it."""

    path: Path
    texts: tuple[Path, ...]
    label: str

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.path, *self.texts)


def configs_in(folder: Path, names: list[str]) -> Iterator[Config]:
    """The configs among the files ``names`` of ``folder``."""
    present = set(names)
    for name in names:
        stem, dot, ending = name.rpartition(".")
        if name in CONFIGS:
            texts = (f"instructions{end}" for end in TEXTS)
            label = folder.resolve().name
        elif dot + ending in _YAML:
            label = stem.removesuffix(".config")
            texts = (f"{label}{middle}{end}" for middle in ("", ".instructions") for end in TEXTS)
        else:
            continue
        found = tuple(folder / text for text in texts if text in present)
        if found or name in CONFIGS:
            yield Config(folder / name, found, label)


def gather_config(haul: Haul, config: Config, root: Path) -> None:
    """Add the assistants of one config to ``haul``; ``root`` is the folder that was given."""
    shown = config.path.as_posix()
    document = read_document(config.path, shown)
    haul.flaws += map(flaw_of, document.problems)
    if document.broken:
        return
    if not isinstance(document.value, dict):
        haul.flaw(Origin(shown), "a config is a mapping of fields", "write model: …, tools: …")
        return
    reader = _Reader(haul, config, root.resolve())
    several = document.value.get("assistants")
    if several is None:
        reader.read(document.value, "", config.label, config.texts)
        return
    for at, label, value in _each(several):
        if isinstance(value, dict):
            reader.read(value, at, label, ())
        else:
            haul.flaw(Origin(shown, at), "an assistant is a mapping of fields")


def _each(several: Any) -> Iterator[tuple[str, str, Any]]:
    """Place, name and value of each assistant under ``assistants:``."""
    if isinstance(several, dict):
        yield from ((f"assistants.{name}", name, value) for name, value in several.items())
    elif isinstance(several, list):
        yield from ((f"assistants[{i}]", "", value) for i, value in enumerate(several))
    else:
        yield "assistants", "", several


class _Reader:
    """Reads the assistants of one config."""

    def __init__(self, haul: Haul, config: Config, root: Path) -> None:
        self._haul = haul
        self._folder = config.path.parent
        self._shown = config.path.as_posix()
        self._root = root

    def read(self, value: Mapping[str, Any], at: str, label: str, texts: tuple[Path, ...]) -> None:
        """Add one assistant; ``texts`` may be its instructions, the first one first."""
        origin = Origin(self._shown, at)
        values = {key: item for key, item in value.items() if key not in _FILE_KEYS}
        if "assistant_id" in values:
            values.setdefault("id", values.pop("assistant_id"))
        values.setdefault("name", label or None)
        named = self._named(value, origin)
        if named is not None:
            texts = (named, *texts)
        if texts and (named is not None or not values.get("instructions")):
            values["instructions"] = self._text(texts[0])
            texts = texts[1:]
        for left in texts:
            self._haul.note(Origin(left.as_posix()), f"passed over: {self._shown} has instructions")
        self._haul.records.append(Record("assistant", origin, values, label))

    def _named(self, value: Mapping[str, Any], origin: Origin) -> Path | None:
        """The file that the config names for its instructions."""
        for key in _FILE_KEYS:
            if isinstance(value.get(key), str):
                return self._inside(value[key], origin)
        written = value.get("instructions")
        if isinstance(written, str) and written.endswith(TEXTS) and "\n" not in written:
            return self._inside(written, origin)
        return None

    def _inside(self, written: str, origin: Origin) -> Path | None:
        path = self._folder / written
        try:
            # realpath, for resolve() raises where links run in a circle.
            real = Path(os.path.realpath(path))
            found = real.is_relative_to(self._root) and path.is_file()
        except (OSError, ValueError):
            found = False
        if found:
            return path
        self._haul.flaw(
            origin,
            f"there is no file {written!r} in the folder that was given",
            "put the instructions beside the config, or give the folder above",
        )
        return None

    def _text(self, path: Path) -> str:
        text, problem = read_text(path, path.as_posix())
        if problem is not None:
            self._haul.flaws.append(flaw_of(problem))
        return text.rstrip("\n")


def flaw_of(problem: Problem) -> Flaw:
    """A problem with its place, as a flaw of what was given."""
    place = problem.place
    at = f"{place.line}:{place.column}"
    return Flaw(Origin(place.file, at), problem.message, problem.hint or "")
