"""A conversation over responses: whatever the stream does, everything is told once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.unit.talk.response_wires import (
    BEGUN,
    CUT,
    END,
    SEARCH,
    USAGE,
    ask,
    call,
    done,
    message,
    party,
    response,
    said,
    talk_over,
    told,
    wire_of,
)
from tests.unit.talk.wires import Answering, ScriptedWire, answered

from retinue.errors import FamilyGone, NotFound, Rejected, Unavailable
from retinue.talk.conversation import Role
from retinue.talk.events import Approval


def test_pieces_become_the_answer() -> None:
    wire = wire_of([BEGUN, said("So "), said("it is."), done(message("So it is.")), END])
    answer = ask(wire, party=party(temperature=0.5))
    assert (answer.text, answer.status, answer.run) == ("So it is.", "completed", "resp_1")
    assert answer.thread == "conv_1"
    assert answer.usage is not None
    assert answer.usage.total == 7
    assert wire.asked == ["POST /conversations", "STREAM /responses"]
    assert wire.bodies[-1] == {
        "model": "gpt-5",
        "temperature": 0.5,
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Why?"}]}],
        "conversation": "conv_1",
        "background": True,
    }


def test_a_conversation_that_goes_on() -> None:
    wire = wire_of([BEGUN, END], [BEGUN, END])
    talk = talk_over(wire, thread="conv_9")
    assert answered(talk).thread == "conv_9"
    assert wire.asked == ["GET /conversations/conv_9/items", "STREAM /responses"]
    answered(talk, "And?")
    assert wire.asked[2:] == ["STREAM /responses"]


def test_in_another_role_it_has_no_tools_and_answers_in_json() -> None:
    wire = wire_of([BEGUN, END])
    whom = party(SEARCH, instructions="Be kind.", parallel_tool_calls=False, temperature=0.5)
    ask(wire, party=whom, role=Role(instructions="Judge.", form="verdict", schema={"type": "x"}))
    form = {"type": "json_schema", "name": "verdict", "strict": True, "schema": {"type": "x"}}
    sent = {key: wire.bodies[-1][key] for key in set(wire.bodies[-1]) - {"input"}}
    assert sent == {
        "model": "gpt-5",
        "instructions": "Judge.",
        "temperature": 0.5,
        "text": {"format": form},
        "conversation": "conv_1",
        "background": True,
    }


class TestBrokenStreams:
    @pytest.mark.parametrize("events", [[CUT], [said("So "), CUT], [said("So ")], []])
    def test_what_was_not_said_is_fetched(self, events: list[Any]) -> None:
        last = response("completed", message("So it is."), usage=USAGE)
        answers = {"GET /responses/resp_1": [response("in_progress"), last]}
        answer = ask(wire_of([BEGUN, *events], answers=answers))
        assert (answer.text, answer.status, answer.usage is not None) == (
            "So it is.",
            "completed",
            True,
        )

    def test_a_stream_that_never_began_is_an_error(self) -> None:
        with pytest.raises(Unavailable):
            ask(wire_of([CUT]))
        with pytest.raises(Unavailable, match="ended before the answer began"):
            ask(wire_of([]))


class TestFunctions:
    WAITING = told("completed", call("c1", "quiz"), call("c2", "log"), usage=USAGE)

    def test_outputs_are_the_input_of_the_next_response(self) -> None:
        wire = wire_of([BEGUN, self.WAITING], [BEGUN, END])
        answer = ask(wire, respond=Answering())
        assert answer.text == "So it is."
        assert [(step.name, step.output) for step in answer.steps] == [
            ("quiz", "QUIZ"),
            ("log", "LOG"),
        ]
        assert answer.usage is not None
        assert answer.usage.total == 14
        assert wire.bodies[-1]["input"] == [
            {"type": "function_call_output", "call_id": "c1", "output": "QUIZ"},
            {"type": "function_call_output", "call_id": "c2", "output": "LOG"},
        ]

    def closed(self, wire: ScriptedWire) -> list[str]:
        [body] = [each for each in wire.bodies if "items" in each]
        return [item["output"] for item in body["items"]]

    def test_a_call_that_nobody_answers_is_closed(self) -> None:
        answer = ask(wire := wire_of([BEGUN, self.WAITING]))
        assert answer.status == "requires_action"
        assert [each.id for each in answer.open_calls] == ["c1", "c2"]
        assert wire.asked[-1] == "POST /conversations/conv_1/items"
        assert self.closed(wire) == ["error: nobody answered this call"] * 2

    def test_a_failure_is_in_the_text(self) -> None:
        wire = wire_of([BEGUN, self.WAITING], [BEGUN, END])
        answer = ask(wire, respond=Answering(fails=True))
        assert [each["output"] for each in wire.bodies[-1]["input"]] == [
            "error: QUIZ",
            "error: LOG",
        ]
        assert [(step.output, step.error) for step in answer.steps] == [("", "QUIZ"), ("", "LOG")]

    def test_a_call_in_an_answer_that_was_cut_off_is_closed(self) -> None:
        cut = told("incomplete", call("c1", "quiz"), incomplete_details={"reason": "content"})
        answer = ask(wire := wire_of([BEGUN, cut]), respond=(respond := Answering()))
        assert (answer.status, respond.calls) == ("incomplete", [])
        assert self.closed(wire) == ["error: nobody answered this call"]

    def test_calls_that_somebody_left_are_closed_before_a_question_more(self) -> None:
        """Newest first: two of these calls are open, more of them than fit into a request."""
        given = {"type": "function_call_output", "call_id": "c0", "output": "x"}
        calls = [call(f"c{n}", "quiz") for n in reversed(range(24))]
        answers = {"GET /conversations/conv_9/items": {"data": [given, *calls]}}
        wire = wire_of([BEGUN, END], answers=answers)
        answer = ask(wire, thread="conv_9", respond=(respond := Answering()))
        assert (answer.text, respond.calls) == ("So it is.", [])
        [notice] = answer.notices
        assert "left waiting for quiz: the assistant is told that nobody answered" in notice
        sent = [body["items"] for body in wire.bodies if "items" in body]
        assert [len(items) for items in sent] == [20, 3]
        assert {item["call_id"] for items in sent for item in items} == {
            f"c{n}" for n in range(1, 24)
        }

    def test_what_could_not_be_closed_is_closed_before_the_next_question(self) -> None:
        """As far as it is still open: that may have been done, and the answer got lost."""
        path = "/conversations/conv_1/items"
        done = {"type": "function_call_output", "call_id": "c1", "output": "QUIZ"}
        left = {"data": [done, call("c2", "log"), call("c1", "quiz")]}
        answers = {f"POST {path}": [CUT, {}], f"GET {path}": left}
        failed = told("failed", error={"code": "server_error", "message": "Broken."})
        wire = wire_of([BEGUN, self.WAITING], [BEGUN, failed], [BEGUN, END], answers=answers)
        talk = talk_over(wire, respond=Answering())
        assert answered(talk).status == "failed"
        again = answered(talk, "And?")
        assert (again.text, again.notices) == ("So it is.", ())
        assert wire.asked[-3:] == [f"GET {path}", f"POST {path}", "STREAM /responses"]
        assert [item["output"] for item in wire.bodies[-2]["items"]] == ["LOG"]

    def test_outputs_that_no_response_has_taken_are_kept(self) -> None:
        failed = told("failed", error={"code": "server_error", "message": "Broken."})
        wire = wire_of([BEGUN, self.WAITING], [BEGUN, failed])
        assert ask(wire, respond=Answering()).status == "failed"
        assert self.closed(wire) == ["QUIZ", "LOG"]


class TestApprovals:
    WAITING = told(
        "completed",
        {
            "id": "mcpr_1",
            "type": "mcp_approval_request",
            "server_label": "repo",
            "name": "read",
            "arguments": '{"path": "a"}',
        },
    )

    @pytest.mark.parametrize("allows", [True, False])
    def test_what_the_person_says_is_sent(self, *, allows: bool) -> None:
        wire = wire_of([BEGUN, self.WAITING], [BEGUN, END])
        respond = Answering(allows=allows)
        answer = ask(wire, respond=respond)
        assert answer.text == "So it is."
        assert respond.wanted == [Approval("mcpr_1", "repo", "read", '{"path": "a"}')]
        assert answer.notices == ()
        said = {
            "type": "mcp_approval_response",
            "approval_request_id": "mcpr_1",
            "approve": allows,
        }
        assert wire.bodies[-1]["input"] == [said]

    def test_without_anybody_to_say_it_ends(self) -> None:
        answer = ask(wire := wire_of([BEGUN, self.WAITING]))
        assert answer.status == "requires_action"
        assert "may not use read of repo unasked" in (answer.reason or "")
        assert wire.bodies[-1]["items"][0]["approve"] is False


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [
        (
            told("failed", error={"code": "rate_limit_exceeded", "message": "Slow."}),
            "failed",
            "Slow.",
        ),
        (
            {"type": "error", "code": "server_error", "message": "Broken.", "param": None},
            "failed",
            "Broken.",
        ),
        (told("cancelled"), "cancelled", "the response is cancelled"),
        (
            told("incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "incomplete",
            "max_output_tokens",
        ),
        (
            told(
                "completed",
                {
                    "id": "msg_1",
                    "type": "message",
                    "content": [{"type": "refusal", "refusal": "I won't."}],
                },
            ),
            "refused",
            "I won't.",
        ),
    ],
)
def test_ends_without_a_whole_answer(end: Any, status: str, reason: str) -> None:
    answer = ask(wire_of([BEGUN, end]))
    assert (answer.status, answer.reason, answer.complete) == (status, reason, False)


class TestTheEnd:
    def test_what_is_under_way_is_cancelled(self) -> None:
        answers = {"GET /responses/resp_1": [response("in_progress"), response("cancelled")]}
        wire = wire_of([BEGUN, said("So "), said("it is.")], answers=answers)
        talk = talk_over(wire)

        async def work() -> None:
            async for _ in talk.ask("Why?"):
                break
            await talk.cancel()
            await talk.cancel()

        asyncio.run(work())
        assert wire.asked[2:] == [
            "POST /responses/resp_1/cancel",
            "GET /responses/resp_1",
            "GET /responses/resp_1",
        ]

    def test_nothing_is_left_of_what_is_to_be_forgotten(self) -> None:
        wire = wire_of([BEGUN, END])
        talk = talk_over(wire)
        answered(talk)
        asyncio.run(talk.close(forget=True))
        assert wire.asked[2:] == ["DELETE /conversations/conv_1", "DELETE /responses/resp_1"]


def test_a_platform_without_conversations() -> None:
    with pytest.raises(FamilyGone, match="no /conversations"):
        ask(wire_of(answers={"POST /conversations": NotFound("no such path")}))


def test_what_the_platform_refuses_is_raised() -> None:
    with pytest.raises(Rejected):
        ask(wire_of([Rejected("no such model")]))
