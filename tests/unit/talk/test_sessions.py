"""A conversation over a session: whatever the stream does, everything is told once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.unit.talk.session_wires import (
    BEGUN,
    CREATED,
    CUT,
    END,
    IDLE,
    PATH,
    QUIZ,
    WAITING,
    ask,
    message,
    of_session,
    of_turn,
    said,
    sent,
    session,
    talk_over,
    turn,
)
from tests.unit.talk.wires import Answering, ScriptedWire, answered

from retinue.errors import Rejected, Unavailable, UsageError
from retinue.kinds.base import Upload
from retinue.talk.conversation import Role
from retinue.talk.events import Approval
from retinue.talk.following import MOST_ROUNDS


def test_pieces_become_the_answer() -> None:
    answer = ask(wire := ScriptedWire(streams=[[*BEGUN, said("So "), said("it is."), *END]]))
    assert (answer.text, answer.status) == ("So it is.", "completed")
    assert (answer.thread, answer.run) == ("sess_1", "turn_1")
    assert answer.usage is not None
    assert answer.usage.total == 7
    assert wire.asked == ["STREAM /agents/sessions"]
    assert wire.bodies == [
        {
            "agent_id": "agt_1",
            "environment": {"type": "openai_hosted", "environment_template_id": "envt_1"},
            "vault_ids": ["vlt_1"],
            "input": [{"role": "user", "content": [{"type": "input_text", "text": "Why?"}]}],
        }
    ]


def test_a_question_more_is_an_input_and_its_turn_the_one_that_is_followed() -> None:
    old = [IDLE, of_turn("completed", id="turn_0")]
    streams = [[*BEGUN, *END], [*old, of_turn("queued", "created", id="turn_2")]]
    more = {**said("Yes."), "turn_id": "turn_2", "item_id": "msg_2"}
    streams[1] += [of_session("in_progress"), more, of_turn("completed", id="turn_2"), IDLE]
    wire = ScriptedWire(streams=[*streams])
    talk = talk_over(wire)
    answered(talk)
    second = answered(talk, "And?")
    assert (second.text, second.run) == ("Yes.", "turn_2")
    assert wire.asked[1:] == [f"LISTEN {PATH}/events", f"POST {PATH}/events"]
    [event] = sent(wire)
    assert event["input"][0]["content"] == [{"type": "input_text", "text": "And?"}]


class TestGoingOn:
    def wire(self, status: str = "idle", *actions: Any, **known: Any) -> ScriptedWire:
        answers = {
            f"GET {PATH}": session(status, *actions, **known),
            f"GET {PATH}/turns": {"data": [{"id": "turn_0", "status": "completed"}]},
        }
        return ScriptedWire(streams=[[IDLE, *BEGUN[1:], *END]], answers=answers)

    def test_with_a_session_of_the_agent(self) -> None:
        answer = ask(self.wire(), thread="sess_1")
        assert (answer.text, answer.thread) == ("So it is.", "sess_1")

    def test_with_one_of_another_agent(self) -> None:
        with pytest.raises(UsageError, match="of the agent agt_2, not of"):
            ask(self.wire(agent={"id": "agt_2"}), thread="sess_1")

    def test_with_one_that_works(self) -> None:
        """A message into a turn under way would join it."""
        wire = self.wire()
        wire.answers[f"GET {PATH}"] = [session("in_progress")] * 3 + [session("idle")]
        answer = ask(wire, thread="sess_1")
        assert answer.text == "So it is."
        assert answer.notices == (
            "An earlier answer of this conversation is not done: waiting for its end.",
        )
        assert wire.asked.index(f"LISTEN {PATH}/events") > 3
        assert [event["type"] for event in sent(wire)] == ["agent.session.input.message"]

    def test_with_one_that_somebody_left_waiting(self) -> None:
        """Whether that function ran, and what it gave, nobody knows: it does not run again."""
        tool = {"server_label": "repo", "name": "read"}
        actions = [
            {**QUIZ, "turn_id": "turn_0"},
            {"type": "mcp_approval_request", "request_id": "r1", "request": tool},
        ]
        wire = self.wire()
        wire.answers[f"GET {PATH}"] = [session("requires_action", *actions), session("idle")]
        answer = ask(wire, thread="sess_1", respond=(respond := Answering()))
        assert (answer.text, respond.calls, respond.wanted) == ("So it is.", [], [])
        [notice] = answer.notices
        assert "left waiting for quiz, read of repo: it was cancelled" in notice
        assert [event["type"].rpartition(".")[2] for event in sent(wire)] == ["cancel", "message"]

    def test_with_one_that_does_not_stop(self) -> None:
        wire = self.wire("requires_action", QUIZ)
        with pytest.raises(UsageError, match="does not stop"):
            ask(wire, thread="sess_1")

    def test_after_a_turn_that_did_not_stop_when_it_was_told_to(self) -> None:
        wire = self.wire("requires_action", QUIZ)
        wire.streams = [[*BEGUN, WAITING]]
        talk = talk_over(wire)
        assert answered(talk).status == "requires_action"
        with pytest.raises(UsageError, match="does not stop"):
            answered(talk, "And?")

    def test_after_a_turn_that_was_stopped(self) -> None:
        wire = self.wire()
        wire.streams = [[*BEGUN, WAITING], *wire.streams]
        talk = talk_over(wire)
        assert answered(talk).status == "requires_action"
        assert answered(talk, "And?").text == "So it is."


def test_in_another_role_it_has_no_tools_machine_or_secrets() -> None:
    wire = ScriptedWire(streams=[[*BEGUN, *END]])
    ask(wire, role=Role(instructions="Judge.", form="verdict", schema={}, model="gpt-5.2"))
    [body] = wire.bodies
    assert body["environment"] == {"type": "none"}
    assert "vault_ids" not in body
    assert body["agent"] == {
        "instructions": "Judge.",
        "tools": [],
        "multi_agent": {"enabled": False},
        "text": {"format": {"type": "json_schema", "schema": {}}},
        "model": "gpt-5.2",
        "reasoning": None,
        "service_tier": None,
    }


class TestBrokenStreams:
    def wire(self, *events: Any) -> ScriptedWire:
        return ScriptedWire(
            streams=[[CREATED, *events]],
            answers={
                f"GET {PATH}": [session("in_progress"), session("idle")],
                f"GET {PATH}/turns": [
                    {"data": [turn("in_progress")]},
                    {"data": [turn("completed")]},
                ],
                f"GET {PATH}/turns/turn_1/items": [
                    {"data": [{"id": "u", "type": "message", "role": "user"}], "has_more": True},
                    {"data": [message("So it is.")]},
                ],
            },
        )

    @pytest.mark.parametrize(
        "events", [[CUT], [*BEGUN[1:], CUT], [*BEGUN[1:], said("So "), CUT], [*BEGUN[1:]]]
    )
    def test_what_was_not_said_is_fetched(self, events: list[Any]) -> None:
        answer = ask(self.wire(*events))
        assert (answer.text, answer.status, answer.run) == ("So it is.", "completed", "turn_1")

    def test_a_stream_that_never_began_is_an_error(self) -> None:
        with pytest.raises(Unavailable):
            ask(ScriptedWire(streams=[[CUT]]))

    def test_a_turn_that_never_shows_its_end_is_not_waited_for_for_ever(self) -> None:
        wire = self.wire(*BEGUN[1:], CUT)
        wire.answers[f"GET {PATH}/turns"] = {"data": []}
        with pytest.raises(Unavailable, match="its turn never ended"):
            ask(wire)

    def test_calls_are_answered(self) -> None:
        wire = self.wire(CUT)
        wire.answers[f"GET {PATH}"] = [session("requires_action", QUIZ), session("idle")]
        answer = ask(wire, respond=Answering())
        assert answer.text == "So it is."
        assert [event["call_id"] for event in sent(wire)] == ["c1"]


class TestFunctions:
    def test_results_are_sent_once_and_the_turn_goes_on(self) -> None:
        wire = ScriptedWire(streams=[[*BEGUN, WAITING, WAITING, *END]])
        answer = ask(wire, respond=Answering())
        assert answer.text == "So it is."
        [call] = answer.calls
        assert (call.id, call.arguments) == ("c1", '{"title": "Limits"}')
        assert [(step.name, step.output) for step in answer.steps] == [("quiz", "QUIZ")]
        assert sent(wire) == [
            {
                "type": "agent.session.input.tool_result",
                "turn_id": "turn_1",
                "call_id": "c1",
                "success": True,
                "output": "QUIZ",
            }
        ]

    def test_a_failure_is_sent_as_one(self) -> None:
        wire = ScriptedWire(streams=[[*BEGUN, WAITING, *END]])
        [step] = ask(wire, respond=Answering(fails=True)).steps
        assert (step.output, step.error) == ("", "QUIZ")
        [result] = sent(wire)
        assert (result["success"], result["error"], "output" in result) == (False, "QUIZ", False)

    def test_without_anybody_who_answers_the_turn_is_cancelled(self) -> None:
        answer = ask(wire := ScriptedWire(streams=[[*BEGUN, WAITING, *END]]))
        assert answer.status == "requires_action"
        assert [call.id for call in answer.open_calls] == ["c1"]
        assert [event["type"] for event in sent(wire)] == ["agent.session.input.cancel"]

    def test_a_model_that_calls_functions_without_end_is_stopped(self) -> None:
        calls = [{**QUIZ, "call_id": f"c{n}"} for n in range(2 * MOST_ROUNDS)]
        events = [of_session("requires_action", call) for call in calls]
        answer = ask(wire := ScriptedWire(streams=[[*BEGUN, *events]]), respond=Answering())
        assert f"called functions {MOST_ROUNDS} times" in (answer.reason or "")
        assert sent(wire)[-1]["type"] == "agent.session.input.cancel"

    def test_what_can_not_be_given(self) -> None:
        action = {"type": "computer_use_approval_request", "request_id": "r1"}
        answer = ask(ScriptedWire(streams=[[*BEGUN, of_session("requires_action", action)]]))
        assert answer.reason == (
            "the session waits for computer_use_approval_request, which can't be given here"
        )


class TestApprovals:
    WAITING = of_session(
        "requires_action",
        {
            "type": "mcp_approval_request",
            "turn_id": "turn_1",
            "request_id": "r1",
            "request": {"server_label": "repo", "name": "read", "arguments": {"path": "a"}},
        },
    )

    @pytest.mark.parametrize(("allows", "decision"), [(True, "approve"), (False, "deny")])
    def test_what_the_person_says_is_sent(self, decision: str, *, allows: bool) -> None:
        respond = Answering(allows=allows)
        wire = ScriptedWire(streams=[[*BEGUN, self.WAITING, *END]])
        assert ask(wire, respond=respond).text == "So it is."
        assert respond.wanted == [Approval("r1", "repo", "read", '{"path": "a"}')]
        [event] = sent(wire)
        assert event["response"] == {"type": "mcp_tool_call", "decision": decision}

    def test_without_anybody_to_say_it_ends(self) -> None:
        answer = ask(ScriptedWire(streams=[[*BEGUN, self.WAITING]]))
        assert answer.status == "requires_action"
        assert "may not use read of repo unasked" in (answer.reason or "")


def test_only_pictures_can_be_sent() -> None:
    file = Upload(Path("a.md"), "a.md", "0" * 64, 5)

    async def work() -> None:
        async for _ in talk_over(ScriptedWire()).ask("Why?", [file]):
            pass

    with pytest.raises(UsageError, match=r"can't be sent a\.md"):
        asyncio.run(work())


class TestTheEnd:
    def test_what_is_under_way_is_cancelled_once(self) -> None:
        answers = {f"GET {PATH}": [session("in_progress"), session("idle")]}
        wire = ScriptedWire(streams=[[*BEGUN, said("So "), *END]], answers=answers)
        talk = talk_over(wire)

        async def work() -> None:
            async for _ in talk.ask("Why?"):
                break
            await talk.close(forget=True)

        asyncio.run(work())
        assert [event["type"] for event in sent(wire)] == ["agent.session.input.cancel"]
        assert wire.asked[1:] == [
            f"POST {PATH}/events",
            f"GET {PATH}",
            f"GET {PATH}",
            f"DELETE {PATH}",
        ]

    def test_what_the_platform_refuses_is_raised(self) -> None:
        with pytest.raises(Rejected):
            ask(ScriptedWire(streams=[[Rejected("409: the session is busy")]]))

    def test_a_question_that_is_refused_cancels_nothing(self) -> None:
        """The turn under way is somebody else's."""
        answers = {f"POST {PATH}/events": Rejected("409: the session is busy")}
        wire = ScriptedWire(streams=[[*BEGUN, *END], []], answers=answers)
        talk = talk_over(wire)
        answered(talk)
        with pytest.raises(Rejected):
            answered(talk, "And?")
        asyncio.run(talk.close(forget=False))
        assert wire.asked[-1] == f"POST {PATH}/events"
        assert len(sent(wire)) == 1
