"""YAML events to values and positions, with every guard in the same pass.

Reads PyYAML's C *events*: its composer recurses in C and crashes the process on a small file of
nested brackets. Nothing is constructed from tags, so no code can run.
"""

from __future__ import annotations

from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from retinue.manifest.model import Json
from retinue.manifest.scalars import UnfitNumber, resolve
from retinue.manifest.spots import Position, Spot
from retinue.problem import Place, Problem

MAX_DEPTH: Final = 64
MAX_ALIASED: Final = 50_000
"""How many values aliases may add to a file; a bomb reaches this after a handful of lines."""


class Stop(Exception):
    """The rest of the file can't be read; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class EventReader:
    """Builds the values of one file. ``problems`` collects what can be survived.

    Linear in the size of the file; aliases share what they point at.
    """

    def __init__(self, text: str, file: str) -> None:
        # Without the C library the pure reader gives the same events, ten times slower.
        parser: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
        self._next = parser(text).get_event
        self._file = file
        self._anchors: dict[str, tuple[Json, Spot, int] | None] = {}
        self._weight = 0  # values read so far
        self._aliased = 0  # values that aliases added
        self._open: list[Position] = []
        self.problems: list[Problem] = []

    @property
    def bracket(self) -> Position | None:
        """Where the innermost bracket that is still open stands, None where there is none."""
        return self._open[-1] if self._open else None

    def read(self) -> tuple[Json, Spot] | None:
        """Return the document's value and positions, None for a file without a document.

        Raises:
            Stop: a guard refuses the rest of the file.
            yaml.YAMLError: the file is not YAML.
        """
        self._next()  # stream start
        start = self._next()
        if not isinstance(start, DocumentStartEvent):
            return None
        if getattr(start, "version", None) == (1, 1):
            self._report(
                start,
                "YAML-VERSION",
                "this file asks for YAML 1.1",
                "manifests are YAML 1.2: remove the %YAML line",
            )
        result = self._node(self._next(), 1)
        self._next()  # document end
        after = self._next()
        if not isinstance(after, StreamEndEvent):
            self._report(
                after,
                "DOCUMENTS",
                "a second document starts here",
                "put it into a file of its own, and remove the '---'",
            )
        return result

    def _node(self, event: Any, depth: int) -> tuple[Json, Spot]:
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event)
        if event.tag is not None:
            self._tag(event)
        if kind is ScalarEvent:
            return self._scalar(event)
        if depth > MAX_DEPTH:
            raise Stop(self._problem(event, "DEPTH", f"nested more than {MAX_DEPTH} levels deep"))
        return self._container(event, depth)

    def _container(self, event: Any, depth: int) -> tuple[Json, Spot]:
        before = self._weight
        if event.anchor:
            self._anchors[event.anchor] = None  # open: an alias inside would hold itself
        if event.flow_style:
            self._open.append(_position(event))
        read = self._mapping if type(event) is MappingStartEvent else self._sequence
        value, spot = read(event, depth)
        if event.flow_style:
            self._open.pop()
        self._weight += 1
        if event.anchor:
            self._anchors[event.anchor] = (value, spot, self._weight - before)
        return value, spot

    def _scalar(self, event: Any) -> tuple[Json, Spot]:
        value: Json = event.value
        if event.implicit[0]:
            try:
                value = resolve(event.value)
            except UnfitNumber as error:
                self._report(event, "NUMBER", str(error), "put it in quotes if it is meant as text")
                value = 0
        spot = Spot(_position(event))
        weight = 1 + len(event.value) // 100
        self._weight += weight
        if event.anchor:
            self._anchors[event.anchor] = (value, spot, weight)
        return value, spot

    def _sequence(self, start: Any, depth: int) -> tuple[list[Json], Spot]:
        values: list[Json] = []
        spots: list[Spot] = []
        while type(event := self._next()) is not SequenceEndEvent:
            value, spot = self._node(event, depth + 1)
            values.append(value)
            spots.append(spot)
        return values, Spot(_position(start), None, spots)

    def _mapping(self, start: Any, depth: int) -> tuple[dict[str, Json], Spot]:
        values: dict[str, Json] = {}
        keys: dict[str, Position] = {}
        spots: dict[str, Spot] = {}
        while type(event := self._next()) is not MappingEndEvent:
            key = self._key(event, depth, start)
            value, spot = self._node(self._next(), depth + 1)
            if key is None:
                continue
            if key == "<<" and event.implicit[0]:
                self._merge(event, value, spot, (values, keys, spots))
            elif key in keys:
                self._duplicate(event, key, keys[key])
            else:
                values[key], keys[key], spots[key] = value, _position(event), spot
        return values, Spot(_position(start), keys, spots)

    def _key(self, event: Any, depth: int, start: Any) -> str | None:
        """Return a key's text; None for a key that is no plain word, after reporting it."""
        if type(event) is not ScalarEvent:
            self._node(event, depth + 1)
            what = {AliasEvent: "an alias", SequenceStartEvent: "a list"}.get(type(event))
            # {{ name }}, as templates write it: blame the first brace, where the value starts.
            self._report(
                start if start.flow_style else event,
                "KEY",
                f"a key must be text, not {what or 'a mapping'}",
                "put it in quotes, also where { or [ starts a text",
            )
            return None
        if event.tag is not None:
            self._tag(event)
        return str(event.value)

    def _tag(self, event: Any) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self._report(
            event,
            "TAG",
            f"the tag {tag} is not allowed",
            "remove the tag; quotes make any value text",
        )

    def _duplicate(self, event: Any, key: str, first: Position) -> None:
        place = Place(self._file, *first)
        self._report(
            event,
            "DUPLICATE-KEY",
            f"{key!r} is written twice; first at {place}",
            "keep one of the two",
        )

    def _merge(
        self,
        event: Any,
        value: Json,
        spot: Spot,
        into: tuple[dict[str, Json], dict[str, Position], dict[str, Spot]],
    ) -> None:
        self._report(
            event,
            "MERGE-KEY",
            "the merge key '<<' is not part of YAML 1.2",
            "write the keys out; share texts through files or variables",
        )
        # Merged all the same, so that no key is reported as missing on top of this.
        values, keys, spots = into
        if isinstance(value, dict) and isinstance(spot.entries, dict) and spot.keys is not None:
            for key, inner in value.items():
                if key not in values:
                    values[key], keys[key] = inner, spot.keys[key]
                    spots[key] = spot.entries[key]

    def _alias(self, event: Any) -> tuple[Json, Spot]:
        name = event.anchor
        if name not in self._anchors:
            self._report(
                event,
                "ALIAS",
                f"the alias *{name} has no anchor &{name} before it",
                "to write a text that starts with *, put it in quotes",
            )
            return None, Spot(_position(event))
        target = self._anchors[name]
        if target is None:
            raise Stop(self._problem(event, "ALIAS", f"the alias *{name} holds itself"))
        value, spot, weight = target
        self._weight += weight
        self._aliased += weight
        if self._aliased > MAX_ALIASED:
            raise Stop(
                self._problem(
                    event,
                    "ALIAS-BOMB",
                    f"aliases add more than {MAX_ALIASED:,} values to this file",
                    "write the values out, or split the file",
                )
            )
        return value, Spot(_position(event), spot.keys, spot.entries)

    def _problem(self, event: Any, code: str, message: str, hint: str | None = None) -> Problem:
        place = Place(self._file, *_position(event))
        return Problem(code=f"RTN-MANIFEST-{code}", place=place, message=message, hint=hint)

    def _report(self, event: Any, code: str, message: str, hint: str) -> None:
        self.problems.append(self._problem(event, code, message, hint))


def _position(event: Any) -> Position:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1
