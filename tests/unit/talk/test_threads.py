"""A conversation over threads and runs: whatever the stream does, everything is told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.talk.wires import (
    PARTY,
    Answering,
    ScriptedWire,
    action,
    answered,
    cite,
    message,
    run,
    said,
    terms,
    told,
)

from retinue.errors import FamilyGone, NotFound, Rejected, Unavailable
from retinue.kinds.base import Upload
from retinue.talk.answers import Answer
from retinue.talk.conversation import Role
from retinue.talk.events import Source
from retinue.talk.following import MOST_ROUNDS
from retinue.talk.threads import ThreadConversation

USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
DONE = told("completed", usage=USAGE)
CUT = Unavailable("POST: the answer broke off")


def ask(wire: ScriptedWire, **more: Any) -> Answer:
    return answered(ThreadConversation(terms(wire, PARTY, **more)))


def test_pieces_become_the_answer() -> None:
    whole = {"event": "thread.message.completed", "data": message("So it is.")}
    wire = ScriptedWire(streams=[[told("queued"), said("So "), said("it is."), whole, DONE]])
    answer = ask(wire)
    assert (answer.text, answer.status, answer.run) == ("So it is.", "completed", "run_1")
    assert answer.usage is not None
    assert answer.usage.total == 7
    assert wire.asked == ["POST /threads", "STREAM /threads/thread_1/runs"]


def test_a_message_that_was_not_streamed_is_told_whole() -> None:
    whole = {"event": "thread.message.completed", "data": message("So it is.")}
    wire = ScriptedWire(streams=[[told("queued"), said("So "), whole, DONE]])
    assert ask(wire).text == "So it is."


def test_a_thread_that_goes_on() -> None:
    wire = ScriptedWire(streams=[[DONE], [DONE]])
    talk = ThreadConversation(terms(wire, PARTY, thread="thread_9"))
    assert answered(talk).thread == "thread_9"
    assert wire.asked[:2] == ["GET /threads/thread_9/runs", "POST /threads/thread_9/messages"]
    answered(talk, "And?")
    assert wire.asked[3:] == ["POST /threads/thread_9/messages", "STREAM /threads/thread_9/runs"]


class TestEarlierRuns:
    """A thread takes no question while a run is under way."""

    WAITS = run("requires_action", required_action=action(("c1", "quiz", "{}")))

    def wire(self, *seen: Any) -> ScriptedWire:
        answers = {
            "GET /threads/thread_9/runs": {"data": [seen[0]]},
            "GET /threads/thread_9/runs/run_1": [*seen[1:], run("cancelled")],
        }
        return ScriptedWire(streams=[[DONE]], answers=answers)

    def test_one_that_works_comes_to_its_end(self) -> None:
        wire = self.wire(run("in_progress"), run("in_progress"), run("completed"))
        assert ask(wire, thread="thread_9").notices == (
            "An earlier answer of this conversation is not done: waiting for its end.",
        )
        assert not [where for where in wire.asked if where.endswith("/cancel")]

    @pytest.mark.parametrize("before", [[], [run("in_progress")]])
    def test_one_that_waits_for_outputs_is_cancelled(self, before: list[Any]) -> None:
        wire = self.wire(*before, self.WAITS)
        answer = ask(wire, thread="thread_9", respond=(respond := Answering()))
        assert (answer.status, respond.calls) == ("completed", [])
        assert answer.notices[-1] == (
            "An earlier answer of this conversation was left waiting for quiz: it was cancelled."
        )
        cancelled = wire.asked.index("POST /threads/thread_9/runs/run_1/cancel")
        assert cancelled < wire.asked.index("POST /threads/thread_9/messages")


def test_settings_of_the_run_take_the_place_of_the_assistants() -> None:
    wire = ScriptedWire(streams=[[DONE]])
    ask(wire, role=Role(instructions="Judge.", form="verdict", schema={}, model="gpt-5"))
    form = {"name": "verdict", "strict": True, "schema": {}}
    assert wire.bodies[-1] == {
        "assistant_id": "asst_1",
        "instructions": "Judge.",
        "tools": [],
        "response_format": {"type": "json_schema", "json_schema": form},
        "model": "gpt-5",
    }


class TestBrokenStreams:
    """The run goes on at the platform, and is polled to its end."""

    def wire(self, *events: Any, at_last: dict[str, Any]) -> ScriptedWire:
        return ScriptedWire(
            streams=[[told("queued"), *events]],
            answers={
                "GET /threads/thread_1/runs/run_1": [run("in_progress"), at_last],
                "GET /threads/thread_1/messages": {"data": [message("So it is.")]},
                "GET /threads/thread_1/runs/run_1/steps": {"data": []},
            },
        )

    @pytest.mark.parametrize(
        "events", [[CUT], [said("So "), CUT], [said("So ")], [told("in_progress")]]
    )
    def test_what_was_not_said_is_fetched(self, events: list[Any]) -> None:
        answer = ask(self.wire(*events, at_last=run("completed", usage=USAGE)))
        assert (answer.text, answer.status) == ("So it is.", "completed")

    def test_a_stream_that_never_began_is_an_error(self) -> None:
        with pytest.raises(Unavailable):
            ask(ScriptedWire(streams=[[CUT]]))
        with pytest.raises(Unavailable, match="ended before the answer began"):
            ask(ScriptedWire(streams=[[]]))

    def test_outputs_whose_answer_was_lost(self) -> None:
        waiting = told("requires_action", required_action=action(("c1", "quiz", "{}")))
        wire = self.wire(waiting, at_last=run("completed"))
        wire.streams.append([CUT])

        assert ask(wire, respond=Answering()).text == "So it is."


class TestFunctions:
    WAITING = told(
        "requires_action", required_action=action(("c1", "quiz", "{}"), ("c2", "log", ""))
    )

    def test_all_outputs_are_given_at_once_and_the_run_goes_on(self) -> None:
        wire = ScriptedWire(streams=[[self.WAITING], [told("in_progress"), said("Done."), DONE]])
        answer = ask(wire, respond=Answering())
        assert answer.text == "Done."
        assert [call.name for call in answer.calls] == ["quiz", "log"]
        assert wire.bodies[-1] == {
            "tool_outputs": [
                {"tool_call_id": "c1", "output": "QUIZ"},
                {"tool_call_id": "c2", "output": "LOG"},
            ]
        }

    def test_a_failure_is_in_the_text(self) -> None:
        wire = ScriptedWire(streams=[[self.WAITING], [told("in_progress"), DONE]])
        answer = ask(wire, respond=Answering(fails=True))
        assert [each["output"] for each in wire.bodies[-1]["tool_outputs"]] == [
            "error: QUIZ",
            "error: LOG",
        ]
        assert [(step.output, step.error) for step in answer.steps] == [("", "QUIZ"), ("", "LOG")]

    def test_outputs_that_did_not_arrive_are_sent_again_and_nothing_runs_again(self) -> None:
        again = run("requires_action", required_action=action(("c1", "quiz", "{}")))
        waiting = told("requires_action", required_action=action(("c1", "quiz", "{}")))
        wire = ScriptedWire(
            streams=[[waiting], [CUT], [told("in_progress"), DONE]],
            answers={"GET /threads/thread_1/runs/run_1": again},
        )
        answer = ask(wire, respond=(respond := Answering()))
        assert (answer.status, respond.calls) == ("completed", ["c1"])
        assert [call.id for call in answer.calls] == ["c1"]
        assert [step.output for step in answer.steps] == ["QUIZ"]
        outputs = [body for body in wire.bodies if "tool_outputs" in body]
        assert len(outputs) == 2
        assert outputs[0] == outputs[1]

    def test_a_model_that_calls_functions_without_end_is_stopped(self) -> None:
        calls = [action((f"c{n}", "quiz", "{}")) for n in range(2 * MOST_ROUNDS)]
        rounds = [[told("requires_action", required_action=each)] for each in calls]
        answer = ask(wire := ScriptedWire(streams=[*rounds]), respond=Answering())
        assert f"called functions {MOST_ROUNDS} times" in (answer.reason or "")
        assert "POST /threads/thread_1/runs/run_1/cancel" in wire.asked

    def test_without_anybody_who_answers_the_run_is_cancelled(self) -> None:
        answer = ask(wire := ScriptedWire(streams=[[self.WAITING]]))
        assert answer.status == "requires_action"
        assert [call.id for call in answer.open_calls] == ["c1", "c2"]
        assert "POST /threads/thread_1/runs/run_1/cancel" in wire.asked


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [
        (
            told("failed", last_error={"code": "rate_limit_exceeded", "message": "Slow."}),
            "failed",
            "Slow.",
        ),
        (told("expired"), "expired", "the run is expired"),
        (told("cancelled"), "cancelled", "the run is cancelled"),
        (
            told("incomplete", incomplete_details={"reason": "max_completion_tokens"}),
            "incomplete",
            "max_completion_tokens",
        ),
    ],
)
def test_ends_without_a_whole_answer(end: Any, status: str, reason: str) -> None:
    answer = ask(ScriptedWire(streams=[[told("queued"), end]]))
    assert (answer.status, answer.reason, answer.complete) == (status, reason, False)


class TestCitations:
    def test_files_are_numbered_in_the_order_of_the_text(self) -> None:
        first, again = cite("【0:0†b】", "file-2"), cite("【0:1†a】", "file-1")
        pieces = said("X【0:0†b】", first), said(" Y【0:1†a】【0:0†b】", again, first)
        wire = ScriptedWire(
            streams=[[told("queued"), *pieces, DONE]],
            answers={"GET /files/file-2": {"filename": "notes.md"}},
        )
        answer = ask(wire)
        assert answer.text == "X[1] Y[2][1]"
        assert answer.sources == (
            Source("file-2", "notes.md"),
            Source("file-1", "paper.pdf", "file.paper"),
        )

    def test_a_file_that_is_gone_is_called_by_its_id(self) -> None:
        note = cite("【0】", "file-3")
        wire = ScriptedWire(
            streams=[[told("queued"), said("X【0】", note), DONE]],
            answers={"GET /files/file-3": NotFound("gone")},
        )
        assert ask(wire).sources == (Source("file-3", "file-3"),)

    def test_search_results_say_what_files_are_called(self) -> None:
        hit = {
            "file_id": "file-4",
            "file_name": "four.md",
            "score": 0.5,
            "content": [{"text": "T"}],
        }
        call = {"id": "c", "type": "file_search", "file_search": {"results": [hit]}}
        step = {"id": "s", "status": "completed", "step_details": {"tool_calls": [call]}}
        wire = ScriptedWire(
            streams=[[{"event": "thread.run.step.completed", "data": step}, told("queued"), DONE]]
        )
        [done] = ask(wire).steps
        assert done.found[0].source == Source("file-4", "four.md")
        assert done.found[0].text == "T"
        assert "GET /files/file-4" not in wire.asked

    def test_passages_that_the_stream_keeps_back_are_fetched(self) -> None:
        def step(**more: Any) -> dict[str, Any]:
            hit = {"file_id": "file-1", "score": 0.5, **more}
            call = {"id": "c", "type": "file_search", "file_search": {"results": [hit]}}
            return {"id": "s", "status": "completed", "step_details": {"tool_calls": [call]}}

        ended = {"event": "thread.run.step.completed", "data": step()}
        wire = ScriptedWire(
            streams=[[told("queued"), ended, DONE]],
            answers={"GET /threads/thread_1/runs/run_1/steps/s": step(content=[{"text": "T"}])},
        )
        assert ask(wire).steps[0].found[0].text == "T"


class TestFiles:
    def party_with(self, *tools: str) -> Any:
        from dataclasses import replace

        return replace(PARTY, values={"tools": [{"type": tool} for tool in tools]})

    def sent(self, name: str, *tools: str, keep: bool = False) -> tuple[ScriptedWire, Any]:
        wire = ScriptedWire(streams=[[DONE]])
        party = self.party_with(*tools)
        talk = ThreadConversation(terms(wire, party, keep=keep))

        async def work() -> None:
            file = Upload(Path(name), name, "0" * 64, 5)
            async for _ in talk.ask("What is it?", [file]):
                pass
            await talk.close(forget=False)

        asyncio.run(work())
        return wire, wire.bodies[1]["messages"][0]

    def test_a_document_is_attached_for_the_tools_that_can_read_it(self) -> None:
        wire, sent = self.sent("a.md", "file_search", "code_interpreter")
        tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
        assert sent["attachments"] == [{"file_id": "file-new", "tools": tools}]
        assert wire.asked[-1] == "DELETE /files/file-new"

    def test_an_image_is_shown(self) -> None:
        wire, sent = self.sent("a.PNG", keep=True)
        assert sent["content"][1] == {"type": "image_file", "image_file": {"file_id": "file-new"}}
        assert wire.bodies[0]["purpose"] == "vision"
        assert "DELETE /files/file-new" not in wire.asked


class TestStopping:
    """Whatever was known of the run when somebody wants to stop."""

    def test_before_the_run_has_said_its_id(self) -> None:
        answers = {
            "GET /threads/thread_1/runs": {"data": [run("in_progress")]},
            "GET /threads/thread_1/runs/run_1": run("cancelled"),
        }
        talk = ThreadConversation(terms(wire := ScriptedWire(answers=answers), PARTY))
        begun = asyncio.Event()

        async def never(path: str, body: Any, params: Any = None) -> AsyncIterator[Any]:
            begun.set()
            await asyncio.Event().wait()
            yield path, body, params

        wire.stream = never  # type: ignore[method-assign]

        async def ask() -> None:
            async for _ in talk.ask("Why?"):
                pass

        async def work() -> None:
            asking = asyncio.create_task(ask())
            await begun.wait()
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await talk.cancel()
            await talk.cancel()

        asyncio.run(work())
        assert wire.asked == [
            "POST /threads",
            "GET /threads/thread_1/runs",
            "POST /threads/thread_1/runs/run_1/cancel",
            "GET /threads/thread_1/runs/run_1",
        ]

    def test_a_run_that_was_refused(self) -> None:
        wire = ScriptedWire(streams=[[Rejected("already an active run")]])
        talk = ThreadConversation(terms(wire, PARTY))
        with pytest.raises(Rejected):
            answered(talk)
        asyncio.run(talk.cancel())
        assert wire.asked == ["POST /threads", "STREAM /threads/thread_1/runs"]


def test_a_platform_without_threads() -> None:
    with pytest.raises(FamilyGone, match="no /threads"):
        ask(ScriptedWire(answers={"POST /threads": NotFound("no such path")}))


def test_what_the_platform_refuses_is_raised() -> None:
    with pytest.raises(Rejected):
        ask(ScriptedWire(streams=[[Rejected("already an active run")]]))
