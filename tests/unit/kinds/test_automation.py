"""Automations against the shapes of the SDK: schedule, target, and when to rest."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.beta.agents import (
    AutomationTargetParam,
    AutomationUpdateParams,
    OneTimeAutomation,
    PeriodicAutomation,
)
from openai.types.beta.agents.automation_create_params import (
    CreateAutomationParamsOnce,
    CreateAutomationParamsPeriodic,
)
from tests.support import recorder
from tests.support.recorder import (
    PLACES,
    Recorder,
    changed,
    compared,
    created,
    fits,
    updated,
    wanted,
    write,
)

from retinue.address import Address
from retinue.errors import Rejected
from retinue.kinds.automation import AutomationAdapter, compile_automation
from retinue.kinds.base import Live, Resource
from retinue.kinds.marker import KEY
from retinue.manifest.model import Automation, ExternalId, Lifecycle

PATH = "/agents/automations"
ONE = f"{PATH}/auto_1"
MARK = "1/op/demo/default/automation.quiz"
CRON = {"type": "periodic", "expression": "0 8 * * 1", "timezone": "Europe/Berlin"}
ONCE = {"type": "once", "run_at": 1_900_000_000}
ASKED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Ask"}]}

HOSTED: dict[str, Any] = {
    "type": "openai_hosted",
    "environment_template_id": "id-of-lab",
    "capability_directories": None,
    "container_size": None,
    "desktop": None,
    "environment_id": None,
    "files": None,
    "network": None,
    "packages": None,
    "plugins": None,
    "skills": None,
}
IN_LAB = {"type": "openai_hosted", "environment_template_id": "id-of-lab"}
TARGET: dict[str, Any] = {
    "type": "new_session",
    "agent": None,
    "agent_id": "id-of-tutor",
    "environment": HOSTED,
    "input": [ASKED],
    "metadata": {"a": "b"},
    "vault_ids": ["id-of-keys", "vault_theirs"],
}


def item(schedule: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": "auto_1",
        "created_at": 7,
        "created_by": {"type": "developer"},
        "metadata": {KEY: MARK},
        "name": "Quiz",
        "object": "agent.automation",
        **(schedule or CRON),
        "status": "active",
        "pause_reason": None,
        "target": TARGET,
        **more,
    }


def live(schedule: dict[str, Any] | None = None, **more: Any) -> Live:
    return AutomationAdapter(Recorder()).live(item(schedule, **more))


def resource(schedule: dict[str, Any] | None = None, **more: Any) -> Resource:
    parts: dict[str, Any] = {
        "environment": Address("environment", "lab"),
        "vaults": (Address("vault", "keys"), ExternalId("vault", "vault_theirs")),
        "session_metadata": {"a": "b"},
        "prompt": "Ask",
        "lifecycle": Lifecycle(),
        **more,
    }
    automation = Automation(
        address=Address("automation", "quiz"),
        fields={"name": "Quiz"},
        schedule=schedule or CRON,
        assistant=Address("assistant", "tutor"),
        places=PLACES,
        **parts,
    )
    return compile_automation(automation, recorder.context())


def sent_by(resource: Resource, now: Live, *names: str, **values: Any) -> list[tuple[str, Any]]:
    """What an update of these attributes sends: the end of each path, and the body."""
    answers = {f"POST {ONE}{end}": item() for end in ("", "/pause", "/resume")}
    api = Recorder(answers)
    updated(AutomationAdapter(api), now, write(resource, *names, **values))
    for sent in api.sent:
        assert fits(AutomationUpdateParams, sent.body)
    return [(sent.path.removeprefix(ONE), sent.body) for sent in api.sent]


@pytest.mark.parametrize(
    ("schedule", "param", "shape"),
    [
        (CRON, CreateAutomationParamsPeriodic, PeriodicAutomation),
        (ONCE, CreateAutomationParamsOnce, OneTimeAutomation),
    ],
)
def test_an_automation_is_made(schedule: dict[str, Any], param: Any, shape: Any) -> None:
    api = Recorder({f"POST {PATH}": item(schedule)})
    made = created(AutomationAdapter(api), resource(schedule))
    assert fits(shape, item(schedule))
    (sent,) = api.sent
    assert fits(param, sent.body)
    assert sent.body == {
        "name": "Quiz",
        **schedule,
        "target": {
            "type": "new_session",
            "agent_id": "id-of-tutor",
            "environment": IN_LAB,
            "input": [ASKED],
            "metadata": {"a": "b"},
            "vault_ids": ["id-of-keys", "vault_theirs"],
        },
        "metadata": {KEY: MARK},
    }
    assert changed(resource(schedule), made) == []


def test_what_is_not_named_is_none_of_it_and_stays_unmanaged() -> None:
    plain = resource(environment=None, vaults=None, session_metadata=None)
    api = Recorder({f"POST {PATH}": item()})
    created(AutomationAdapter(api), plain)
    target = api.sent[0].body["target"]
    assert target["environment"] == {"type": "none"}
    assert (target["vault_ids"], target["metadata"]) == ([], {})
    assert changed(plain, live()) == []


def test_what_it_uses_it_depends_on() -> None:
    names = [str(address) for address in resource().depends_on]
    assert names == ["assistant.tutor", "environment.lab", "vault.keys"]


@pytest.mark.parametrize(
    ("theirs", "name"),
    [
        ({"name": "Theirs"}, "name"),
        ({"expression": "0 9 * * 1"}, "expression"),
        ({"timezone": "UTC"}, "timezone"),
        ({"target": {**TARGET, "agent_id": "agt_theirs"}}, "assistant"),
        ({"target": {**TARGET, "agent_id": None}}, "assistant"),
        ({"target": {**TARGET, "input": [ASKED, ASKED]}}, "prompt"),
        ({"target": {**TARGET, "environment": {"type": "none"}}}, "environment"),
        ({"target": {**TARGET, "environment": {**HOSTED, "container_size": "large"}}},
         "environment"),
        ({"target": {**TARGET, "vault_ids": []}}, "vaults"),
        ({"target": {**TARGET, "metadata": {}}}, "session_metadata"),
    ],
)  # fmt: skip
def test_what_somebody_else_changed_is_drift(theirs: dict[str, Any], name: str) -> None:
    assert changed(resource(), live(**theirs)) == [name]


def test_the_target_is_sent_whole_and_what_is_not_named_stays() -> None:
    plain = resource(environment=None, vaults=None, session_metadata=None, prompt="Ask more")
    ((end, body),) = sent_by(plain, live(), "prompt")
    assert end == ""
    assert fits(AutomationTargetParam, body["target"])
    assert body == {
        "target": {
            "type": "new_session",
            "agent_id": "id-of-tutor",
            "environment": IN_LAB,
            "input": [{**ASKED, "content": [{"type": "input_text", "text": "Ask more"}]}],
            "metadata": {"a": "b"},
            "vault_ids": ["id-of-keys", "vault_theirs"],
        }
    }


def test_an_environment_that_left_the_manifest_is_none_any_more() -> None:
    plain = resource(environment=None)
    comparison = compared(plain, live(), wanted(resource()))
    assert [delta.name for delta in comparison.deltas] == ["environment"]
    ((_, body),) = sent_by(plain, live(), "environment", environment=None)
    assert body["target"]["environment"] == {"type": "none"}


def test_a_schedule_changes_in_place_and_its_type_does_not() -> None:
    later = {**CRON, "expression": "0 9 * * 1"}
    assert sent_by(resource(later), live(), "expression") == [("", {"expression": "0 9 * * 1"})]
    deltas = compared(resource(ONCE), live(), wanted(resource())).deltas
    assert [d.name for d in deltas if d.forces_replacement] == ["type"]


def test_new_metadata_is_sent_alone() -> None:
    assert sent_by(resource(), live(), "marker") == [("", {"metadata": {KEY: MARK}})]


def test_to_ignore_the_schedule_is_to_ignore_its_parts() -> None:
    ignoring = resource(lifecycle=Lifecycle(ignore_changes=("schedule", "prompt")))
    assert ignoring.ignore_changes == {"type", "expression", "timezone", "run_at", "prompt"}


# --- Rest -----------------------------------------------------------------------------------------

FAILED = {"status": "paused", "pause_reason": "target_session_failed"}
OVER = {"status": "completed"}


@pytest.mark.parametrize(
    ("named", "now", "differs"),
    [
        (None, {}, []),
        (None, FAILED, []),
        (None, OVER, []),
        (False, {}, []),
        (False, FAILED, ["paused"]),
        (False, OVER, []),
        (True, {}, ["paused"]),
        (True, FAILED, []),
        (True, OVER, []),
    ],
)
def test_a_pause_counts_where_the_manifest_names_it(
    named: bool | None,  # noqa: FBT001 - a case
    now: dict[str, Any],
    differs: list[str],
) -> None:
    comparison = compared(resource(ONCE, paused=named), live(ONCE, **now))
    assert [delta.name for delta in comparison.deltas] == differs
    assert [drift.name for drift in comparison.drift] == differs


def test_a_pause_comes_before_other_changes_and_going_on_after_them() -> None:
    resting, going = resource(paused=True), resource(paused=False)
    assert [end for end, _ in sent_by(resting, live(), "paused", "name")] == ["/pause", ""]
    now = AutomationAdapter(Recorder()).live(item(status="paused"))
    answers = {f"POST {ONE}": item(status="paused"), f"POST {ONE}/resume": item()}
    api = Recorder(answers)
    after = updated(AutomationAdapter(api), now, write(going, "paused", "name"))
    assert [sent.path for sent in api.sent] == [ONE, f"{ONE}/resume"]
    assert after.values["paused"] is False


@pytest.mark.parametrize(("named", "now"), [(True, FAILED), (True, OVER), (False, {})])
def test_what_is_so_already_is_not_asked_for(named: bool, now: dict[str, Any]) -> None:  # noqa: FBT001 - a case
    assert sent_by(resource(ONCE, paused=named), live(ONCE, **now), "paused") == []


def test_what_has_run_does_not_run_again_under_its_name() -> None:
    later = resource({**ONCE, "run_at": 2_000_000_000})
    with pytest.raises(Rejected, match=r"automation\.quiz: it has run already") as caught:
        sent_by(later, live(ONCE, **OVER), "run_at")
    assert "another name" in str(caught.value.hint)
    assert sent_by(later, live(ONCE), "run_at") == [("", {"run_at": 2_000_000_000})]
