"""What sessions say: how turns end, and tools."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.talk.session_wires import (
    BEGUN,
    CREATED,
    END,
    IDLE,
    ask,
    done,
    of_session,
    of_turn,
    said,
    within,
)
from tests.unit.talk.wires import ScriptedWire


@pytest.mark.parametrize(
    ("events", "status", "reason"),
    [
        (
            [of_turn("failed", error={"code": "server_error", "message": "Broken."}), IDLE],
            "failed",
            "Broken.",
        ),
        ([of_turn("cancelled"), IDLE], "cancelled", "the turn is cancelled"),
        (
            [of_turn("failed", error={"code": "max_output_tokens", "message": "Long."}), IDLE],
            "incomplete",
            "max_output_tokens",
        ),
        ([of_session("failed", error="It is gone.")], "failed", "It is gone."),
    ],
)
def test_ends_without_a_whole_answer(events: list[Any], status: str, reason: str) -> None:
    answer = ask(ScriptedWire(streams=[[*BEGUN, *events]]))
    assert (answer.status, answer.reason, answer.complete) == (status, reason, False)


class TestSteps:
    def test_tools(self) -> None:
        items: list[dict[str, Any]] = [
            {"type": "command_execution", "command": "ls", "output": "a"},
            {
                "type": "web_search_call",
                "action": {"type": "open_page", "url": "https://a.example"},
            },
            {"type": "mcp_call", "server_label": "repo", "name": "read", "arguments": {"a": 1}},
            {"type": "computer_use_call", "status": "failed"},
            {"type": "reasoning"},
        ]
        whole = [{"id": f"i{n}", "status": "completed", **item} for n, item in enumerate(items)]
        added = [within("item.added", item=item) for item in whole]
        answer = ask(ScriptedWire(streams=[[*BEGUN, *added, *map(done, whole), *END]]))
        assert [(step.name, step.input, step.error) for step in answer.steps] == [
            ("command_execution", "ls", None),
            ("web_search", "https://a.example", None),
            ("repo.read", '{"a": 1}', None),
            ("computer_use", "", "the step is failed"),
        ]

    def test_what_subagents_say_is_theirs(self) -> None:
        theirs = [
            of_turn("queued", "created", id="turn_9", subagent_id="sub_1"),
            {**said("psst"), "turn_id": "turn_9"},
            of_turn("completed", id="turn_9", subagent_id="sub_1"),
        ]
        assert ask(ScriptedWire(streams=[[*BEGUN, *theirs, *END]])).text == "So it is."

    def test_an_environment_that_fails_is_a_step_that_failed(self) -> None:
        state = {"id": "env_1", "status": "failed", "error": {"message": "There is none."}}
        failed = {"type": "agent.session.environment.failed", "environment": state}
        [step] = ask(ScriptedWire(streams=[[CREATED, failed, failed, *BEGUN[1:], *END]])).steps
        assert (step.name, step.error) == ("environment", "no environment: There is none.")
