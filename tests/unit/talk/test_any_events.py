"""Whatever a stream tells: an answer, or an error of ours that speaks of the platform."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.talk import response_wires, session_wires, wires
from tests.unit.talk.wires import Answering, ScriptedWire, answered
from tests.worlds.mangling import JSON, Mangled

from retinue.errors import PlatformError
from retinue.talk.conversation import Conversation
from retinue.talk.threads import ThreadConversation
from retinue.talk.understanding import Understood

THREADS = [
    [
        wires.told("queued"),
        wires.said("So ", wires.cite("[1]", "file-1")),
        {"event": "thread.message.completed", "data": wires.message("So it is.")},
        wires.told("requires_action", required_action=wires.action(("c1", "quiz", "{}"))),
    ],
    [wires.told("completed", usage={"prompt_tokens": 3, "completion_tokens": 4})],
]
RESPONSES = [
    [
        response_wires.BEGUN,
        response_wires.said("So it is."),
        response_wires.noted(response_wires.cite("file-1", 3)),
        response_wires.done(response_wires.call("c1", "quiz")),
        response_wires.told("completed", response_wires.call("c1", "quiz")),
    ],
    [response_wires.BEGUN, response_wires.END],
]
SESSIONS = [
    [
        *session_wires.BEGUN,
        session_wires.said("So it is."),
        session_wires.WAITING,
        *session_wires.END,
    ]
]
TALKS: dict[str, tuple[list[list[Any]], Callable[[ScriptedWire], Conversation]]] = {
    "threads": (
        THREADS,
        lambda wire: ThreadConversation(
            wires.terms(wire, wires.PARTY, respond=Answering()),
        ),
    ),
    "responses": (
        RESPONSES,
        lambda wire: response_wires.talk_over(wire, respond=Answering()),
    ),
    "sessions": (
        SESSIONS,
        lambda wire: session_wires.talk_over(wire, respond=Answering()),
    ),
}
ENDED: dict[str, Any] = {
    "GET /threads/thread_1/runs/run_1": wires.run("completed"),
    "GET /threads/thread_1/runs/run_1/steps": {"data": []},
    "GET /threads/thread_1/messages": {"data": [wires.message("So it is.")]},
    "POST /conversations": {"id": "conv_1"},
    "GET /responses/resp_1": response_wires.response("completed"),
    f"GET {session_wires.PATH}": session_wires.session("idle"),
    f"GET {session_wires.PATH}/turns": {"data": [session_wires.turn("completed")]},
    f"GET {session_wires.PATH}/turns/turn_1/items": {"data": []},
}
"""What a look at the work shows: it is over."""


@pytest.mark.parametrize("target", TALKS)
@given(
    junk=JSON,
    place=st.tuples(st.integers(0, 1), st.integers(0, 6)),
    steps=st.lists(st.integers(0, 20), min_size=1, max_size=7).map(tuple),
)
def test_an_event_that_nobody_promised(
    target: str, junk: Any, place: tuple[int, int], steps: tuple[int, ...]
) -> None:
    streams, talk = TALKS[target]
    told = [list(stream) for stream in streams]
    stream = told[place[0] % len(told)]
    number = place[1] % len(stream)
    stream[number] = Mangled(0, steps, junk)(stream[number])
    wire = ScriptedWire(streams=[*told, *told, *told], answers=ENDED)
    with contextlib.suppress(PlatformError):
        answered(Understood(talk(wire)))
