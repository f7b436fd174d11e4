"""Progress and outcome as text and as JSON lines: what was done, never what was planned."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from tests.unit.render import plans
from tests.unit.render.plans import PAPER, SAFE, STORE, TUTOR, plan

from retinue.address import Address
from retinue.engine.apply import Failure, Outcome
from retinue.engine.diff import Drift
from retinue.engine.events import (
    Event,
    Note,
    RefreshDone,
    RefreshStarted,
    StepDone,
    StepFailed,
    StepProgress,
    StepSkipped,
    StepStarted,
)
from retinue.engine.plan import Action, Reason
from retinue.engine.safety import Verdict
from retinue.engine.steps import Phase, Step
from retinue.errors import Rejected
from retinue.problem import Place, Problem
from retinue.render.json_lines import JsonReporter
from retinue.render.outcome import outcome_text
from retinue.render.progress import TextReporter
from retinue.render.schema_events import events_schema
from retinue.render.style import PLAIN, Style
from retinue.render.verbs import duration, verb

NOW = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
REJECTED = Rejected("assistant.math-tutor: no such model", hint="choose another")
WRITE, DESTROY = Phase.WRITE, Phase.DESTROY

EVENTS: list[Event] = [
    RefreshStarted(3),
    RefreshDone(3),
    Note("file.x: the answer was lost; found as file-1"),
    StepStarted(PAPER, Action.REPLACE, WRITE, 1, 4),
    StepProgress(PAPER, Action.REPLACE, WRITE, 20.1),
    StepDone(PAPER, Action.REPLACE, WRITE, "file-2", 61.2),
    StepFailed(TUTOR, Action.UPDATE, WRITE, REJECTED),
    StepSkipped(PAPER, Action.REPLACE, DESTROY, TUTOR),
    StepSkipped(STORE, Action.DELETE, DESTROY, None),
]


def text_of(*events: Event, style: Style = PLAIN) -> list[str]:
    written: list[str] = []
    reporter = TextReporter(written.append, style)
    for event in events:
        reporter(event)
    assert all(line.endswith("\n") for line in written)
    return [line.removesuffix("\n") for line in written]


class Lines:
    """Collects JSON lines and holds them to the schema."""

    validator = jsonschema.Draft202012Validator(events_schema())

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []
        self.reporter = JsonReporter(self.add, version="0.1.0", now=lambda: NOW)

    def add(self, line: str) -> None:
        assert line.endswith("\n")
        assert line.isascii()
        document = json.loads(line)
        self.validator.validate(document)
        self.documents.append(document)

    def types(self) -> list[str]:
        return [document["type"] for document in self.documents]


def outcome(**parts: Any) -> Outcome:
    return Outcome(**{"done": (), "failed": (), "skipped": (), **parts})


PARTLY = outcome(
    done=(
        (Step(WRITE, PAPER), Action.REPLACE),
        (Step(DESTROY, Address("file", "old"), "file-1"), Action.DELETE),
    ),
    failed=(Failure(Step(WRITE, TUTOR), REJECTED), Failure(Step(WRITE, STORE), OSError("disk"))),
    skipped=((Step(DESTROY, PAPER, "file-2"), TUTOR), (Step(WRITE, STORE), None)),
)


def test_every_event_is_a_line() -> None:
    assert text_of(*EVENTS) == [
        "Reading the platform (3 tracked objects)...",
        "Note: file.x: the answer was lost; found as file-1",
        "file.gpt2-paper: Creating replacement...",
        "file.gpt2-paper: Still creating replacement... [20s]",
        "file.gpt2-paper: Replacement complete after 1m1s [id=file-2]",
        "assistant.math-tutor: Modifications failed: no such model",
        "file.gpt2-paper: Skipped because of assistant.math-tutor",
        "vector_store.papers: Skipped because the apply was stopped",
    ]


def test_a_log_of_many_steps_has_a_line_for_each_finished_object() -> None:
    events: list[Event] = [
        StepStarted(PAPER, Action.CREATE, WRITE, 1, 101),
        StepDone(PAPER, Action.CREATE, WRITE, "file-2", 0.2),
        StepFailed(TUTOR, Action.CREATE, WRITE, OSError("broken pipe")),
    ]
    finished = [
        "file.gpt2-paper: Creation complete after 0s [id=file-2] (1 of 101)",
        "assistant.math-tutor: Creation failed: broken pipe (2 of 101)",
    ]
    assert text_of(*events) == finished
    watched = text_of(*events, style=Style(terminal=True))
    assert watched == ["file.gpt2-paper: Creating...", *finished]


def test_messages_from_the_platform_can_not_steer_the_terminal() -> None:
    failed = StepFailed(TUTOR, Action.UPDATE, WRITE, Rejected("\x1b[2J\rgone"))
    assert text_of(failed) == [
        "assistant.math-tutor: Modifications failed: \\u001b[2J\\rgone"
    ]  # fmt: skip


@pytest.mark.parametrize("action", [a for a in Action if a is not Action.NO_OP])
def test_every_action_has_its_words(action: Action) -> None:
    phase = DESTROY if action is Action.DELETE else WRITE
    assert verb(action, phase).noun != "Work"
    assert verb(Action.NO_OP, WRITE).noun == "Work"


def test_durations() -> None:
    assert [duration(s) for s in (-1, 0.4, 59.4, 60, 125)] == ["0s", "0s", "59s", "1m0s", "2m5s"]


def test_a_complete_apply_is_one_line() -> None:
    complete = outcome(
        done=(
            (Step(WRITE, PAPER), Action.CREATE),
            (Step(WRITE, TUTOR), Action.UPDATE),
            (Step(DESTROY, STORE, "vs_1"), Action.DELETE),
        )
    )
    assert outcome_text(complete, PLAIN) == (
        "Apply complete! Resources: 1 added, 1 changed, 1 destroyed.\n"
    )


def test_rare_actions_are_counted_when_there_are_some() -> None:
    actions = (Action.ADOPT, Action.MOVE, Action.FORGET)
    addresses = (TUTOR, PAPER, STORE)
    rare = outcome(
        done=tuple((Step(WRITE, a), action) for a, action in zip(addresses, actions, strict=True))
    )
    assert outcome_text(rare, PLAIN) == (
        "Apply complete! Resources: 0 added, 0 changed, 0 destroyed, 1 adopted, 1 moved, "
        "1 forgotten.\n"
    )
    assert "0 added, 1 changed" in outcome_text(rare, PLAIN, plan=plan(plans.adopt("model")))
    assert "0 added, 0 changed" in outcome_text(rare, PLAIN, plan=plan(plans.adopt()))


def test_an_incomplete_apply_says_what_was_done_and_what_to_do() -> None:
    assert (
        outcome_text(PARTLY, PLAIN)
        == """\
Done:
  file.gpt2-paper  created anew
  file.old         destroyed

Failed:
  assistant.math-tutor: no such model
    hint: choose another
    [RTN-PLATFORM-REJECTED]
  vector_store.papers: disk
    hint: check the path, its permissions and the free space, then run the command again
    [RTN-SYSTEM]

Skipped:
  file.gpt2-paper      because of assistant.math-tutor
  vector_store.papers  stopped

Apply incomplete! Resources: 1 added, 0 changed, 1 destroyed; 2 failed, 2 skipped.

What was done is saved. Run retinue apply again: it continues where this one stopped.
"""
    )


def test_an_interrupted_apply_says_so() -> None:
    stopped = outcome(skipped=((Step(WRITE, STORE), None),), interrupted=True)
    assert "Apply interrupted! Resources: 0 added" in outcome_text(stopped, PLAIN)


def test_long_tables_are_cut_but_never_failures() -> None:
    steps = [Step(WRITE, Address("file", f"f{number}")) for number in range(60)]
    long = outcome(
        done=tuple((step, Action.CREATE) for step in steps),
        failed=tuple(Failure(step, REJECTED) for step in steps),
    )
    text = outcome_text(long, PLAIN)
    assert "  … 10 more\n" in text
    assert text.count("[RTN-PLATFORM-REJECTED]") == 60


def test_json_lines_begin_with_a_version() -> None:
    lines = Lines()
    for event in EVENTS:
        lines.reporter(event)
    assert lines.types() == [
        "version",
        "refresh_start",
        "refresh_complete",
        "log",
        "apply_start",
        "apply_progress",
        "apply_complete",
        "apply_errored",
        "apply_skipped",
        "apply_skipped",
    ]
    assert lines.documents[0] == {
        "@level": "info",
        "@message": "Retinue 0.1.0",
        "@module": "retinue.ui",
        "@timestamp": "2026-11-21T01:02:03+00:00",
        "type": "version",
        "retinue": "0.1.0",
        "ui": "1.0",
    }
    assert lines.documents[6]["hook"] == {
        "resource": {
            "addr": "file.gpt2-paper",
            "resource": "file.gpt2-paper",
            "resource_type": "file",
            "resource_name": "gpt2-paper",
        },
        "action": "create",
        "id_key": "id",
        "id_value": "file-2",
        "elapsed_seconds": 61,
    }
    assert lines.documents[7]["hook"]["error"] == {
        "code": "RTN-PLATFORM-REJECTED",
        "message": "assistant.math-tutor: no such model",
        "hint": "choose another",
    }
    assert [document["hook"]["because"] for document in lines.documents[-2:]] == [
        "assistant.math-tutor",
        None,
    ]


def test_json_lines_of_a_plan() -> None:
    lines = Lines()
    lines.reporter.plan(plans.everything(), Verdict((plans.refusal(),)))
    assert lines.types() == [
        "version",
        "log",
        *["resource_drift"] * 2,
        *["planned_change"] * 8,
        "diagnostic",
        "change_summary",
    ]
    assert lines.documents[-1]["@message"].startswith("Plan: 2 to add, 2 to change")
    assert lines.documents[-1]["changes"] == {
        "add": 2,
        "change": 2,
        "import": 1,
        "remove": 3,
        "move": 1,
        "forget": 1,
        "operation": "plan",
    }
    moved = lines.documents[10]["change"]
    assert moved["reason"] == Reason.MOVED
    assert moved["previous_resource"]["addr"] == "assistant.math-tutor"


def test_json_lines_of_an_outcome_problems_and_errors() -> None:
    lines = Lines()
    lines.reporter.outcome(PARTLY)
    lines.reporter.problems([Problem(code="RTN-X", place=Place("a.yaml", 3, 5), message="bad",
                                     severity="warning")])  # fmt: skip
    lines.reporter.error(REJECTED)
    assert lines.types()[1:] == [
        "diagnostic", "diagnostic", "change_summary", "diagnostic", "diagnostic"
    ]  # fmt: skip
    assert lines.documents[3]["changes"]["add"] == 1
    assert lines.documents[4]["@level"] == "warn"
    assert lines.documents[4]["diagnostic"] == {
        "severity": "warning",
        "summary": "bad",
        "detail": "",
        "code": "RTN-X",
        "range": {"filename": "a.yaml", "start": {"line": 3, "column": 5}},
    }


def test_the_clock_is_the_computers_unless_told() -> None:
    written: list[str] = []
    JsonReporter(written.append).plan(plan(drift=(plans.drifted(Drift("a", 1, 2)),)), SAFE)
    Lines.validator.validate(json.loads(written[0]))
