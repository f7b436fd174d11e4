"""Runs: every status, what they take over, what they refuse, and what the model is asked."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.unit.local.scripted import ScriptedModel, calls, says

from retinue.local.turns.items import Answered, Asked, Said, Usage
from retinue.local.turns.ports import TurnFailed

pytestmark = pytest.mark.anyio

Body = dict[str, Any]
QUIZ = {"type": "function", "function": {"name": "quiz", "parameters": {"type": "object"}}}


class Talk:
    """One assistant and one thread, over bare HTTP."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self.assistant = ""
        self.thread = ""

    async def open(self, **fields: Any) -> Talk:
        body = {"model": "gpt-4o", "instructions": "Be brief."} | fields
        self.assistant = (await self.post("/assistants", body))["id"]
        said = [{"role": "user", "content": "hello"}]
        self.thread = (await self.post("/threads", {"messages": said}))["id"]
        return self

    async def post(self, path: str, body: Body | None = None) -> Body:
        answer = await self.http.post(path, json=body or {})
        assert answer.status_code == 200, answer.text
        made: Body = answer.json()
        return made

    @property
    def runs(self) -> str:
        return f"/threads/{self.thread}/runs"

    async def start(self, **fields: Any) -> Body:
        return await self.post(self.runs, {"assistant_id": self.assistant} | fields)

    async def ended(self, run: Body, *until: str) -> Body:
        for _ in range(400):
            run = (await self.http.get(f"{self.runs}/{run['id']}")).json()
            if (
                run["status"] not in ("queued", "in_progress", "cancelling")
                or run["status"] in until
            ):
                return run
            await asyncio.sleep(0.005)
        raise AssertionError(f"the run stays {run['status']}")

    async def run(self, **fields: Any) -> Body:
        return await self.ended(await self.start(**fields))

    async def said(self) -> list[str]:
        listed = (await self.http.get(f"/threads/{self.thread}/messages?order=asc")).json()
        return [each["content"][0]["text"]["value"] for each in listed["data"]]

    async def steps(self, run: Body, **query: Any) -> list[Body]:
        answer = await self.http.get(
            f"{self.runs}/{run['id']}/steps", params={"order": "asc", **query}
        )
        steps: list[Body] = answer.json()["data"]
        return steps


@pytest.fixture
def talk(http: httpx2.AsyncClient) -> Talk:
    return Talk(http)


async def test_a_run_answers_the_thread(talk: Talk, model: ScriptedModel) -> None:
    model.script(says("Hel", "lo!", usage=Usage(9, 2)))
    await talk.open()
    started = await talk.start()
    assert started["status"] == "queued"
    assert started["expires_at"] == started["created_at"] + 600
    assert started["usage"] is None
    run = await talk.ended(started)
    assert run["status"] == "completed"
    assert run["completed_at"]
    assert run["expires_at"] is None
    assert run["usage"]["total_tokens"] == 11
    assert await talk.said() == ["hello", "Hello!"]
    (step,) = await talk.steps(run)
    assert step["type"] == "message_creation"
    assert step["usage"]["prompt_tokens"] == 9
    listed = (await talk.http.get(f"/threads/{talk.thread}/messages?run_id={run['id']}")).json()
    (message,) = listed["data"]
    assert message["assistant_id"] == talk.assistant
    assert step["step_details"]["message_creation"]["message_id"] == message["id"]
    (ask,) = model.asks
    assert (ask.model, ask.instructions) == ("gpt-4o", "Be brief.")
    assert [item.text for item in ask.history if isinstance(item, Said)] == ["hello"]


async def test_a_run_takes_over_and_overrides(talk: Talk, model: ScriptedModel) -> None:
    await talk.open(tools=[QUIZ], temperature=0.5, metadata={"of": "the assistant"})
    run = await talk.run(
        model="other",
        additional_instructions="And kind.",
        additional_messages=[{"role": "user", "content": "more"}],
        tools=[],
        top_p=0.25,
        metadata={"k": "v"},
        response_format={"type": "json_object"},
        reasoning_effort="low",
        parallel_tool_calls=False,
        max_completion_tokens=300,
    )
    assert run["instructions"] == "Be brief.\nAnd kind."
    assert (run["model"], run["tools"], run["metadata"]) == ("other", [], {"k": "v"})
    assert (run["temperature"], run["top_p"]) == (0.5, 0.25)
    (ask,) = model.asks
    settings = ask.settings
    assert (settings.temperature, settings.top_p, settings.parallel) == (0.5, 0.25, False)
    assert (settings.reasoning_effort, settings.most_completion) == ("low", 300)
    assert settings.response_format == {"type": "json_object"}
    assert [item.text for item in ask.history if isinstance(item, Said)] == ["hello", "more"]
    assert ask.tools == ()


async def test_functions_stop_the_run_until_they_are_answered(
    talk: Talk, model: ScriptedModel
) -> None:
    model.script(
        calls(("quiz", {"n": 1}), ("quiz", {"n": 2}), words="Wait.", usage=Usage(5, 5)),
        says("done", usage=Usage(20, 1)),
    )
    await talk.open(tools=[QUIZ])
    run = await talk.run()
    assert run["status"] == "requires_action"
    waiting = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert [each["function"]["arguments"] for each in waiting] == ['{"n": 1}', '{"n": 2}']
    assert [each["status"] for each in await talk.steps(run)] == ["completed", "in_progress"]
    path = f"{talk.runs}/{run['id']}/submit_tool_outputs"
    outputs = [{"tool_call_id": each["id"], "output": "a"} for each in waiting]
    for wrong in ([], outputs[:1], [*outputs, {"tool_call_id": "call_x", "output": "b"}]):
        answer = await talk.http.post(path, json={"tool_outputs": wrong})
        assert answer.status_code == 400
    assert (await talk.post(path, {"tool_outputs": outputs}))["status"] == "queued"
    run = await talk.ended(run)
    assert run["status"] == "completed"
    assert run["usage"]["total_tokens"] == 31
    assert await talk.said() == ["hello", "Wait.", "done"]
    steps = await talk.steps(run)
    assert [each["type"] for each in steps] == [
        "message_creation",
        "tool_calls",
        "message_creation",
    ]
    assert steps[1]["step_details"]["tool_calls"][0]["function"]["output"] == "a"
    again = model.asks[1].history
    assert [type(item) for item in again] == [Said, Said, Asked, Asked, Answered, Answered]
    late = await talk.http.post(path, json={"tool_outputs": outputs})
    assert late.status_code == 400
    assert "completed" in late.json()["error"]["message"]


async def test_one_run_at_a_time(talk: Talk, model: ScriptedModel) -> None:
    model.script(calls(("quiz", {})))
    await talk.open(tools=[QUIZ])
    run = await talk.run()
    second = await talk.http.post(talk.runs, json={"assistant_id": talk.assistant})
    assert second.status_code == 400
    assert f"already has an active run {run['id']}" in second.json()["error"]["message"]
    message = {"role": "user", "content": "x"}
    refused = await talk.http.post(f"/threads/{talk.thread}/messages", json=message)
    assert refused.status_code == 400
    assert f"while a run {run['id']} is active" in refused.json()["error"]["message"]


async def test_runs_on_several_threads_at_once(http: httpx2.AsyncClient) -> None:
    talks = [await Talk(http).open() for _ in range(12)]
    runs = await asyncio.gather(*(each.run() for each in talks))
    assert {run["status"] for run in runs} == {"completed"}
    assert [await each.said() for each in talks] == [["hello", "fine"]] * 12


async def test_a_run_that_waits_too_long_expires(
    talk: Talk, model: ScriptedModel, clock: Any
) -> None:
    model.script(calls(("quiz", {})))
    await talk.open(tools=[QUIZ])
    run = await talk.run()
    clock.advance(599)
    assert (await talk.ended(run))["status"] == "requires_action"
    clock.advance(1)
    run = await talk.ended(run)
    assert (run["status"], run["required_action"]) == ("expired", None)
    (step,) = await talk.steps(run)
    assert step["status"] == "expired"
    assert step["expired_at"] == int(clock.now)
    assert (await talk.run())["status"] == "completed"


@pytest.mark.parametrize("waits", ["for the model", "for the client"])
async def test_a_run_is_cancelled(talk: Talk, model: ScriptedModel, waits: str) -> None:
    never = asyncio.Event()
    model.script(
        [*says("Once upon")[:1], never] if waits == "for the model" else calls(("quiz", {}))
    )
    await talk.open(tools=[QUIZ])
    run = await talk.start()
    await model.asked()
    asked = await talk.post(f"{talk.runs}/{run['id']}/cancel")
    assert asked["status"] == "cancelling"
    run = await talk.ended(run)
    assert run["status"] == "cancelled"
    assert run["cancelled_at"]
    (step,) = await talk.steps(run)
    assert step["status"] == "cancelled"
    if waits == "for the model":
        listed = (await talk.http.get(f"/threads/{talk.thread}/messages")).json()["data"]
        assert listed[0]["incomplete_details"] == {"reason": "run_cancelled"}
        assert listed[0]["content"][0]["text"]["value"] == "Once upon"
    late = await talk.http.post(f"{talk.runs}/{run['id']}/cancel")
    assert late.status_code == 400
    assert late.json()["error"]["message"] == "Cannot cancel run with status 'cancelled'."


@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded"])
async def test_a_model_that_fails_fails_the_run(
    talk: Talk, model: ScriptedModel, code: str
) -> None:
    model.script([*says("Well, ")[:1], TurnFailed("no luck", code=code)])
    await talk.open()
    run = await talk.run()
    assert (run["status"], run["last_error"]) == ("failed", {"code": code, "message": "no luck"})
    assert run["failed_at"]
    (step,) = await talk.steps(run)
    assert (step["status"], step["last_error"]["message"]) == ("failed", "no luck")
    listed = (await talk.http.get(f"/threads/{talk.thread}/messages")).json()["data"]
    assert (listed[0]["status"], listed[0]["incomplete_details"]) == (
        "incomplete",
        {"reason": "run_failed"},
    )


async def test_a_reply_that_is_cut_makes_the_run_incomplete(
    talk: Talk, model: ScriptedModel
) -> None:
    model.script(says("Once upon a", reason="length"))
    await talk.open()
    run = await talk.run(max_completion_tokens=256)
    assert run["status"] == "incomplete"
    assert run["incomplete_details"] == {"reason": "max_completion_tokens"}
    listed = (await talk.http.get(f"/threads/{talk.thread}/messages")).json()["data"]
    assert listed[0]["incomplete_details"] == {"reason": "max_tokens"}
    assert (await talk.steps(run))[0]["status"] == "completed"


async def test_the_prompt_has_a_budget(talk: Talk, model: ScriptedModel) -> None:
    await talk.open()
    await talk.post(f"/threads/{talk.thread}/messages", {"role": "user", "content": "word " * 2000})
    run = await talk.run(max_prompt_tokens=256)
    assert run["incomplete_details"] == {"reason": "max_prompt_tokens"}
    assert model.asks == []
    await talk.post(f"/threads/{talk.thread}/messages", {"role": "user", "content": "short"})
    assert (await talk.run(max_prompt_tokens=256))["status"] == "completed"
    assert [item.text for item in model.asks[0].history if isinstance(item, Said)] == ["short"]


async def test_truncation_keeps_the_last_messages(talk: Talk, model: ScriptedModel) -> None:
    await talk.open()
    for word in ("two", "three"):
        await talk.post(f"/threads/{talk.thread}/messages", {"role": "user", "content": word})
    last = {"type": "last_messages", "last_messages": 2}
    run = await talk.run(truncation_strategy=last)
    assert run["truncation_strategy"] == last
    kept = [item.text for item in model.asks[0].history if isinstance(item, Said)]
    assert kept == ["two", "three"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"temperature": 3}, "temperature"),
        ({"max_prompt_tokens": 1}, "max_prompt_tokens"),
        ({"truncation_strategy": {"type": "last_messages"}}, "truncation_strategy.last_messages"),
        ({"tool_choice": "sometimes"}, "tool_choice"),
        ({"tools": [{"type": "retrieval"}]}, "tools[0].type"),
        ({"stream": "yes"}, "stream"),
        ({"assistant": "x"}, "assistant"),
    ],
)
async def test_wrong_runs(talk: Talk, body: Body, param: str) -> None:
    await talk.open()
    answer = await talk.http.post(talk.runs, json={"assistant_id": talk.assistant} | body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_what_is_not_there(talk: Talk) -> None:
    await talk.open()
    lost = {"assistant_id": "asst_lost"}
    for path, body in (
        (talk.runs, lost),
        ("/threads/thread_lost/runs", {"assistant_id": talk.assistant}),
        ("/threads/runs", lost),
        (f"{talk.runs}/run_lost/cancel", {}),
    ):
        assert (await talk.http.post(path, json=body)).status_code == 404, path
    for path in (f"{talk.runs}/run_lost", f"{talk.runs}/run_lost/steps"):
        assert (await talk.http.get(path)).status_code == 404, path


async def test_runs_are_listed_and_changed(talk: Talk) -> None:
    await talk.open()
    first, second = await talk.run(), await talk.run()
    listed = (await talk.http.get(talk.runs)).json()
    assert [each["id"] for each in listed["data"]] == [second["id"], first["id"]]
    changed = await talk.post(f"{talk.runs}/{first['id']}", {"metadata": {"k": "v"}})
    assert changed["metadata"] == {"k": "v"}
    (step,) = await talk.steps(first)
    one = await talk.http.get(f"{talk.runs}/{first['id']}/steps/{step['id']}")
    assert one.json() == step
    wrong = await talk.http.get(f"{talk.runs}/{first['id']}/steps?include[]=all")
    assert wrong.status_code == 400


async def test_a_named_tool_is_forced_once(talk: Talk, model: ScriptedModel) -> None:
    model.script(calls(("quiz", {})))
    await talk.open(tools=[QUIZ])
    forced = {"type": "function", "function": {"name": "quiz"}}
    run = await talk.run(tool_choice=forced)
    assert run["tool_choice"] == forced
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    path = f"{talk.runs}/{run['id']}/submit_tool_outputs"
    await talk.post(path, {"tool_outputs": [{"tool_call_id": call["id"], "output": "ok"}]})
    await talk.ended(run)
    assert [ask.choice.kind for ask in model.asks] == ["function", "auto"]


async def test_a_thread_and_its_run_in_one_request(talk: Talk) -> None:
    await talk.open()
    body = {
        "assistant_id": talk.assistant,
        "thread": {"messages": [{"role": "user", "content": "hi"}], "metadata": {"t": "1"}},
    }
    run = await talk.post("/threads/runs", body)
    talk.thread = run["thread_id"]
    assert (await talk.ended(run))["status"] == "completed"
    assert await talk.said() == ["hi", "fine"]


async def test_a_thread_deleted_during_its_run(talk: Talk, model: ScriptedModel) -> None:
    going = asyncio.Event()
    model.script([going, *says("too late")])
    await talk.open()
    await talk.start()
    assert (await talk.http.delete(f"/threads/{talk.thread}")).status_code == 200
    going.set()
    await asyncio.sleep(0.05)
    assert (await talk.http.get(f"/threads/{talk.thread}/messages")).status_code == 404
