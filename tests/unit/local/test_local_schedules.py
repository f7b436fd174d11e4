"""Schedules of automations fire: once each, whoever serves, and what was missed is made up for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI, BadRequestError, OpenAI
from openai.types.beta.agents.automations import AutomationInvocation
from starlette.applications import Starlette
from tests.unit.local.scripted import ScriptedModel, calls, says
from tests.unit.local.sessions import (
    CANCEL,
    TUTOR,
    begin,
    listening,
    send,
    settled,
    spoken,
)
from tests.unit.local.test_local_automations import DAILY, NEW, made, once

from retinue.local.app import close_app, create_app
from retinue.local.automations import firing

pytestmark = pytest.mark.anyio

MINUTELY: Any = {"expression": "* * * * *", "timezone": "UTC"}


async def invocations(sdk: AsyncOpenAI, automation_id: str) -> list[AutomationInvocation]:
    """All of an automation, the oldest first."""
    pages = sdk.beta.agents.automations.invocations.list(automation_id, order="asc")
    return [each async for each in pages]


async def fire(app: Starlette) -> None:
    await firing.fire(app.state.platform)


@pytest.fixture
def other(database: Path, clock: Any, model: ScriptedModel) -> Iterator[Starlette]:
    """A second server on the same file."""
    app = create_app(database, clock=clock, model=model)
    yield app
    close_app(app)


async def test_a_time_that_comes_starts_a_session(
    live: AsyncOpenAI, app: Starlette, clock: Any
) -> None:
    automation = await made(live, **MINUTELY)
    await fire(app)
    assert await invocations(live, automation.id) == []
    due = int(clock()) // 60 * 60 + 60
    clock.now = due
    await fire(app)
    await fire(app)
    [first] = await invocations(live, automation.id)
    assert (first.status, first.scheduled_at, first.error) == ("completed", due, None)
    assert first.source.type == "automation"
    assert first.source.automation == automation
    session = await settled(live, str(first.session_id))
    assert await spoken(live, session.id) == [("user", "report"), ("assistant", "fine")]
    clock.advance(60)
    await fire(app)
    second = (await invocations(live, automation.id))[1]
    assert second.scheduled_at == due + 60
    assert second.session_id != first.session_id


async def test_of_missed_times_the_last_is_made_up_for(
    live: AsyncOpenAI, app: Starlette, clock: Any
) -> None:
    automation = await made(live, **MINUTELY)
    clock.advance(86_400)
    await fire(app)
    [told] = await invocations(live, automation.id)
    assert told.scheduled_at == int(clock()) // 60 * 60


async def test_several_servers_fire_once(
    live: AsyncOpenAI, app: Starlette, other: Starlette, clock: Any
) -> None:
    automations = [await made(live, **MINUTELY) for _ in range(5)]
    clock.advance(60)
    await asyncio.gather(*(fire(each) for each in (app, other, app, other)))
    for automation in automations:
        [told] = await invocations(live, automation.id)
        assert told.status == "completed"


async def test_what_runs_once_is_completed_then(
    live: AsyncOpenAI, app: Starlette, clock: Any
) -> None:
    at = int(clock()) + 60
    automation: Any = await live.beta.agents.automations.create(**once(at))
    clock.advance(59)
    await fire(app)
    assert await invocations(live, automation.id) == []
    clock.advance(3600)
    await fire(app)
    await fire(app)
    [told] = await invocations(live, automation.id)
    assert (told.status, told.scheduled_at) == ("completed", at)
    automations = live.beta.agents.automations
    assert (await automations.retrieve(automation.id)).status == "completed"
    assert (await automations.pause(automation.id)).status == "completed"
    for request in (
        automations.resume(automation.id),
        automations.update(automation.id, run_at=int(clock()) + 60),
    ):
        with pytest.raises(BadRequestError) as caught:
            await request
        assert caught.value.param == "run_at"
    assert (await automations.update(automation.id, name="Other")).status == "completed"


async def test_a_paused_schedule_misses_its_times(
    live: AsyncOpenAI, app: Starlette, clock: Any
) -> None:
    automations = live.beta.agents.automations
    periodic = await made(live, **MINUTELY)
    single: Any = await automations.create(**once(int(clock()) + 60))
    for each in (periodic, single):
        await automations.pause(each.id)
    clock.advance(600)
    await fire(app)
    assert (await automations.resume(periodic.id)).status == "active"
    await fire(app)
    assert await invocations(live, periodic.id) == []
    clock.advance(60)
    await fire(app)
    assert len(await invocations(live, periodic.id)) == 1
    with pytest.raises(BadRequestError, match="future"):
        await automations.resume(single.id)
    later = int(clock()) + 60
    assert (await automations.update(single.id, run_at=later)).status == "paused"
    await automations.resume(single.id)
    clock.advance(60)
    await fire(app)
    [told] = await invocations(live, single.id)
    assert told.scheduled_at == later


async def test_a_changed_schedule_counts_from_its_change(
    live: AsyncOpenAI, app: Starlette, clock: Any
) -> None:
    automations = live.beta.agents.automations
    automation = await made(live, **MINUTELY)
    hourly = await automations.update(automation.id, expression="0 * * * *")
    clock.now = int(clock()) // 3600 * 3600 + 3599
    await fire(app)
    assert await invocations(live, automation.id) == []
    await automations.update(automation.id, name="Hourly")
    clock.advance(1)
    await fire(app)
    [told] = await invocations(live, automation.id)
    assert told.scheduled_at == int(clock())
    assert told.source.type == "automation"
    assert told.source.automation == hourly.model_copy(update={"name": "Hourly"})


async def test_an_invocation_by_hand_changes_no_schedule(
    live: AsyncOpenAI, app: Starlette, clock: Any
) -> None:
    single: Any = await live.beta.agents.automations.create(**once(int(clock()) + 60))
    by_hand = await live.beta.agents.automations.invocations.create(single.id)
    clock.advance(60)
    await fire(app)
    assert [each.source.type for each in await invocations(live, single.id)] == [
        *("manual", "automation")
    ]
    assert by_hand.scheduled_at is None


async def test_a_busy_session_is_waited_for(
    live: AsyncOpenAI, app: Starlette, clock: Any, model: ScriptedModel
) -> None:
    model.script(calls(("quiz", {})))
    session = await begin(live, agent=TUTOR)
    await settled(live, session.id)
    target = {"type": "existing_session", "session_id": session.id, "instructions": "look again"}
    automation = await made(live, **MINUTELY, target=target)
    single: Any = await live.beta.agents.automations.create(**once(int(clock()) + 1, target=target))
    for _ in range(2):
        clock.advance(60)
        await fire(app)
    told = await invocations(live, automation.id)
    assert [each.status for each in told] == ["queued", "skipped"]
    assert [each.skip_reason for each in told] == [None, "pending_delivery"]
    assert (await live.beta.agents.automations.retrieve(single.id)).status == "active"
    model.script(says("looked"), says("again"))
    for _ in range(2):
        await send(live, session.id, CANCEL)
        await fire(app)
        await settled(live, session.id)
    assert (await invocations(live, automation.id))[0].status == "completed"
    assert (await invocations(live, single.id))[0].status == "completed"
    assert (await live.beta.agents.automations.retrieve(single.id)).status == "completed"
    said = [words for who, words in await spoken(live, session.id) if who == "user"]
    assert said == ["hello", "look again", "look again"]


async def test_a_session_that_is_gone_pauses_the_schedule(
    live: AsyncOpenAI, app: Starlette, clock: Any
) -> None:
    session = await begin(live)
    await settled(live, session.id)
    target = {"type": "existing_session", "session_id": session.id, "instructions": "go"}
    automation = await made(live, **MINUTELY, target=target)
    await live.beta.agents.sessions.delete(session.id)
    for _ in range(2):
        clock.advance(60)
        await fire(app)
    [told] = await invocations(live, automation.id)
    assert told.error
    assert (told.status, told.error.code) == ("failed", "not_found_error")
    automations = live.beta.agents.automations
    shown = await automations.retrieve(automation.id)
    assert (shown.status, shown.pause_reason) == ("paused", "target_session_failed")
    again = await automations.resume(automation.id)
    assert (again.status, again.pause_reason) == ("active", None)


async def test_a_session_that_goes_while_it_is_waited_for_pauses_the_schedule(
    live: AsyncOpenAI, app: Starlette, clock: Any, model: ScriptedModel
) -> None:
    model.script(calls(("quiz", {})))
    session = await begin(live, agent=TUTOR)
    await settled(live, session.id)
    target = {"type": "existing_session", "session_id": session.id, "instructions": "go"}
    automation = await made(live, **MINUTELY, target=target)
    clock.advance(60)
    await fire(app)
    await send(live, session.id, CANCEL)
    await settled(live, session.id)
    await live.beta.agents.sessions.delete(session.id)
    await fire(app)
    assert (await live.beta.agents.automations.retrieve(automation.id)).status == "paused"
    clock.advance(60)
    await fire(app)
    [told] = await invocations(live, automation.id)
    assert (told.status, told.session_id) == ("failed", session.id)


async def test_what_waits_goes_to_the_session_that_is_the_target_then(
    live: AsyncOpenAI, app: Starlette, clock: Any, model: ScriptedModel
) -> None:
    model.script(calls(("quiz", {})))
    busy = await begin(live, agent=TUTOR)
    await settled(live, busy.id)
    target: Any = {"type": "existing_session", "session_id": busy.id, "instructions": "go"}
    automation = await made(live, **MINUTELY, target=target)
    clock.advance(60)
    await fire(app)
    free = await begin(live)
    await settled(live, free.id)
    await live.beta.agents.automations.update(
        automation.id, target=target | {"session_id": free.id}
    )
    await fire(app)
    [told] = await invocations(live, automation.id)
    assert (told.status, told.session_id) == ("completed", free.id)
    await settled(live, free.id)


async def test_no_time_comes_twice_where_the_clock_is_put_back(
    live: AsyncOpenAI, app: Starlette, clock: Any
) -> None:
    automations = live.beta.agents.automations
    single: Any = await automations.create(**once(int(clock()) + 60))
    periodic = await made(live, **MINUTELY)
    start = clock.now
    clock.advance(120)
    await fire(app)
    clock.now = start
    with pytest.raises(BadRequestError, match="already"):
        await automations.resume(single.id)
    await automations.update(periodic.id, expression="*/1 * * * *")
    clock.advance(120)
    await fire(app)
    assert [len(await invocations(live, each.id)) for each in (single, periodic)] == [1, 1]
    clock.advance(60)
    await fire(app)
    assert len(await invocations(live, periodic.id)) == 2


async def test_a_process_that_does_not_serve_fires_nothing(
    live: AsyncOpenAI, app: Starlette, database: Path, clock: Any
) -> None:
    """A plan on ``api: local`` only looks, and ends in a moment."""
    automation = await made(live, **MINUTELY)
    clock.advance(60)
    other = create_app(database, clock=clock)
    async with other.router.lifespan_context(other), listening(other) as sdk:
        for _ in range(50):
            assert await invocations(sdk, automation.id) == []
    assert await invocations(live, automation.id) == []
    await fire(app)
    assert len(await invocations(live, automation.id)) == 1


async def test_one_that_fails_holds_up_no_other(
    live: AsyncOpenAI, app: Starlette, clock: Any
) -> None:
    agent = await live.beta.agents.create(model="m")
    target = {key: value for key, value in NEW.items() if key != "agent"} | {"agent_id": agent.id}
    failing = await made(live, **MINUTELY, target=target)
    broken = await made(live, **MINUTELY)
    fine = await made(live, **MINUTELY)
    await live.beta.agents.delete(agent.id)
    with app.state.platform.database.write() as connection:
        connection.execute(
            "UPDATE agent_automations SET fields = json_remove(fields, '$.target.input[0].content')"
            " WHERE id = ?",
            (broken.id,),
        )
    for _ in range(2):
        clock.advance(60)
        await fire(app)
    told = [await invocations(live, each.id) for each in (failing, fine)]
    assert [[each.status for each in one] for one in told] == [["failed"] * 2, ["completed"] * 2]
    with app.state.platform.database.read() as connection:
        kept = connection.execute(
            "SELECT status, error ->> 'code' AS code FROM agent_invocations"
            " WHERE automation_id = ?",
            (broken.id,),
        ).fetchall()
    assert [tuple(each) for each in kept] == [("failed", "internal_error")] * 2


async def test_automations_of_an_older_file_are_planned(
    live: AsyncOpenAI, app: Starlette, database: Path, clock: Any
) -> None:
    automation = await made(live, **MINUTELY)
    with app.state.platform.database.write() as connection:
        connection.execute("DELETE FROM agent_schedules")
    clock.advance(600)
    close_app(create_app(database, clock=clock))
    await fire(app)
    assert await invocations(live, automation.id) == []
    clock.advance(60)
    await fire(app)
    assert len(await invocations(live, automation.id)) == 1


RUN = """
import sys
from pathlib import Path
from retinue.local.serve import serve
serve(database=Path(sys.argv[1]), key=None, announce=lambda url: print(url, flush=True))
"""


def test_servers_that_run_fire(database: Path) -> None:
    """Two processes serve one file: a time that comes starts one session, whichever is first."""
    commands = [sys.executable, "-W", "error", "-c", RUN, str(database)]
    servers = [
        subprocess.Popen(commands, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        urls = [str(each.stdout and each.stdout.readline().strip()) for each in servers]
        with OpenAI(api_key="k", base_url=urls[0]) as sdk:
            automations = sdk.beta.agents.automations
            at = int(time.time()) + 2
            target = NEW | {"agent": {"model": "echo"}}
            made = automations.create(**once(at, target=target))
            daily = automations.create(**DAILY)
            deadline = time.monotonic() + 30
            while automations.retrieve(made.id).status != "completed":
                assert time.monotonic() < deadline, "the schedule did not fire"
                time.sleep(0.05)
            [told] = automations.invocations.list(made.id).data
            assert (told.status, told.scheduled_at) == ("completed", at)
            assert automations.invocations.list(daily.id).data == []
            session_id = str(told.session_id)
            while sdk.beta.agents.sessions.retrieve(session_id).status != "idle":
                assert time.monotonic() < deadline, "the session is not carried out"
                time.sleep(0.05)
            [turn] = sdk.beta.agents.sessions.turns.list(session_id).data
            assert turn.status == "completed"
        for each in servers:
            each.terminate()
        assert [each.communicate(timeout=20)[1] for each in servers] == ["", ""]
        assert [each.returncode for each in servers] == [0, 0]
    finally:
        for each in servers:
            each.kill()
            each.communicate()
