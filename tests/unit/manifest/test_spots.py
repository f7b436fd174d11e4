from __future__ import annotations

from retinue.manifest.source import parse
from retinue.manifest.spots import PartPlaces

TEXT = """\
assistants:
  tutor:
    model: gpt-4o
    tools:
      - type: code_interpreter
"""
DOCUMENT = parse(TEXT, "a.yaml")


def test_a_value_has_its_place() -> None:
    assert str(DOCUMENT.place(("assistants", "tutor", "model"))) == "a.yaml:3:12"
    assert str(DOCUMENT.place(("assistants", "tutor", "tools", 0, "type"))) == "a.yaml:5:15"


def test_what_is_not_there_has_the_place_around_it() -> None:
    assert str(DOCUMENT.place(("assistants", "tutor", "top_p"))) == "a.yaml:3:5"
    assert str(DOCUMENT.place(("assistants", "tutor", "tools", 7, "x"))) == "a.yaml:5:7"
    assert str(DOCUMENT.place(("assistants", "tutor", "tools", "x"))) == "a.yaml:5:7"
    assert str(DOCUMENT.key_place(("nothing", "at", "all"))) == "a.yaml:1:1"


def test_a_key_has_its_place() -> None:
    assert str(DOCUMENT.key_place(("assistants", "tutor", "tools"))) == "a.yaml:4:5"
    assert str(DOCUMENT.key_place(("assistants", "tutor", "tools", 0))) == "a.yaml:5:9"


def test_a_resource_answers_with_its_key_and_its_values() -> None:
    places = PartPlaces(DOCUMENT, ("assistants", "tutor"))
    assert str(places.at()) == "a.yaml:2:3"
    assert str(places.at("model")) == "a.yaml:3:12"


def test_a_part_can_be_found_by_what_it_is() -> None:
    places = PartPlaces(DOCUMENT, ("assistants", "tutor"))
    assert str(places.of("code_interpreter")) == "a.yaml:5:15"
    assert str(places.of([{"type": "code_interpreter"}])) == "a.yaml:5:7"
    assert str(places.of("nothing like it")) == "a.yaml:2:3"


def test_what_is_written_is_told_from_what_is_not() -> None:
    places = PartPlaces(DOCUMENT, ("assistants", "tutor"))
    assert places.written("tools", 0, "type")
    assert not places.written("tools", 0, "files")
    assert not places.written("tools", 1, "type")
