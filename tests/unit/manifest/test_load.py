"""What a load is asked for besides the manifests: a target for all, and checks of somebody else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.manifest.test_cases import write_project

from retinue.address import Address
from retinue.errors import ManifestError
from retinue.manifest.compose import Check, load, unchecked
from retinue.manifest.model import Assistant, Declared, Manifest
from retinue.problem import Problem
from retinue.project import load_project

TUTOR = Address("assistant", "tutor")
TEAM = """\
assistants:
  tutor:
    model: gpt-4o
    temperature: 0.2
    tools: [code_interpreter]
    targets:
      agents:
        temperature: null
        tools:
          - web_search
  own:
    target: responses
    model: gpt-4o
"""


def loaded(
    root: Path, manifest: str, target: str | None = None, check: Check = unchecked
) -> Manifest:
    folder = write_project(root, {"manifest": manifest})
    return load(load_project(folder, stack=None, environ={}), target=target, check=check)


def targets_of(manifest: Manifest) -> dict[str, str]:
    found = manifest.resources.values()
    return {each.address.name: each.target for each in found if isinstance(each, Assistant)}


def complain(severity: Any) -> Check:
    """A check that minds every temperature and every tool."""

    def check(resources: Iterable[Declared]) -> Iterator[Problem]:
        for each in resources:
            for path in ((), ("temperature",), ("tools", 0)):
                place = each.places.at(*path)
                yield Problem(code="RTN-TEST", place=place, message="no", severity=severity)

    return check


def test_an_assistant_is_on_its_own_target_or_on_the_projects(tmp_path: Path) -> None:
    assert targets_of(loaded(tmp_path, TEAM)) == {"tutor": "assistants", "own": "responses"}


def test_a_forced_target_takes_the_place_of_all(tmp_path: Path) -> None:
    found = loaded(tmp_path, TEAM, "agents")
    assert targets_of(found) == {"tutor": "agents", "own": "agents"}
    tutor = found.resources[TUTOR]
    assert isinstance(tutor, Assistant)
    assert tutor.fields == {"name": "tutor", "model": "gpt-4o"}


@pytest.mark.parametrize(("own", "forced"), [("agents", "responses"), ("responses", None)])
def test_a_move_leaves_automations_behind(tmp_path: Path, own: str, forced: str | None) -> None:
    """The same is said before a move, by `validate --target`, and after it."""
    nightly = '{assistant: tutor, schedule: {cron: "0 6 * * *", timezone: UTC}, prompt: Go.}'
    team = f"assistants: {{tutor: {{model: gpt-5, target: {own}}}}}\n"
    with pytest.raises(ManifestError) as caught:
        loaded(tmp_path, f"{team}automations: {{nightly: {nightly}}}\n", forced)
    [problem] = caught.value.problems
    assert problem.message == "assistant.tutor is on the target responses; automations start agents"
    assert problem.hint == (
        "remove the automation, or leave the assistant on agents: "
        "target: agents, in the assistant or in retinue.yaml"
    )


def test_a_manifest_that_names_itself_is_still_one(tmp_path: Path) -> None:
    manifest = loaded(tmp_path, "files: {own: {path: team.yaml}}\n")
    assert list(manifest.resources) == [Address("file", "own")]


def test_what_a_check_finds_stands_among_all_other_problems(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        loaded(tmp_path, f"{TEAM}    nmae: x\n", check=complain("error"))
    assert [(each.code, each.place.line, each.place.column) for each in caught.value.problems] == [
        ("RTN-TEST", 2, 3),
        ("RTN-TEST", 4, 18),
        ("RTN-TEST", 5, 13),
        ("RTN-TEST", 8, 22),  # as it would be on agents
        ("RTN-TEST", 10, 13),
        ("RTN-TEST", 11, 3),
        ("RTN-TEST", 12, 5),
        ("RTN-MANIFEST-UNKNOWN-KEY", 14, 5),
    ]


def test_a_warning_of_a_check_stops_nothing(tmp_path: Path) -> None:
    found = loaded(tmp_path, "assistants: {tutor: {model: gpt-4o}}", check=complain("warning"))
    assert {each.code for each in found.warnings} == {"RTN-TEST"}


def test_places_point_into_the_variant_that_is_in_force(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        loaded(tmp_path, TEAM, "agents", complain("error"))
    found = [(each.place.line, each.place.column) for each in caught.value.problems]
    assert found[:3] == [(2, 3), (8, 22), (10, 13)]


def test_they_still_do_when_the_load_is_over(tmp_path: Path) -> None:
    places = loaded(tmp_path, TEAM, "agents").resources[TUTOR].places
    assert str(places.at("tools", 0)) == "assistants/team.yaml:10:13"
    assert str(places.at("model")) == "assistants/team.yaml:3:12"


def test_no_secret_is_read_and_no_command_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise AssertionError((args, more))

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(os, "system", refuse)
    monkeypatch.setenv("KEY", "very-secret")
    text = "environments: {a: {variables: {A: '${env:KEY}', B: {command: [pass]}, C: '${env:NO}'}}}"
    found = loaded(tmp_path, text)
    assert "very-secret" not in repr(found)


BROKEN = """\
assistants:
  tutor:
    modle: gpt-4o
    model: gpt-4o
    instructions: {file: none.md}
    response_format: {type: json_object}
    tools: [retrieval, {type: function, function: quizz}]
functions: {quiz: {}}
"""


def test_errors_hide_no_warning(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        loaded(tmp_path, BROKEN, check=complain("warning"))
    found = {(each.code, each.severity) for each in caught.value.problems}
    assert ("RTN-MANIFEST-UNKNOWN-KEY", "error") in found
    assert {("RTN-MANIFEST-DEPRECATED", "warning"), ("RTN-TEST", "warning")} <= found


def test_what_is_only_missing_for_an_error_is_no_warning(tmp_path: Path) -> None:
    """The function that is misspelt would be used; the text that can't be read may say JSON."""
    with pytest.raises(ManifestError) as caught:
        loaded(tmp_path, BROKEN)
    codes = {each.code for each in caught.value.problems}
    assert not codes & {"RTN-MANIFEST-UNUSED-FUNCTION", "RTN-MANIFEST-JSON-WORD"}


def test_errors_of_a_check_hide_no_warning_of_the_manifests(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        loaded(tmp_path, f"{TEAM}functions: {{quiz: {{}}}}\n", check=complain("error"))
    assert "RTN-MANIFEST-UNUSED-FUNCTION" in {each.code for each in caught.value.problems}
