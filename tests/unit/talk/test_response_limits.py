"""Responses that don't end by themselves, and settings that are not for every role."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.talk.response_wires import BEGUN, END, SEARCH, ask, call, party, told, wire_of
from tests.unit.talk.wires import Answering

from retinue.talk.conversation import Role
from retinue.talk.following import MOST_ROUNDS

OWN: dict[str, Any] = {"reasoning": {"effort": "low"}, "top_p": 0.5, "max_output_tokens": 16}


def test_a_model_that_calls_functions_without_end_is_stopped() -> None:
    rounds = [[BEGUN, told("completed", call(f"c{n}", "quiz"))] for n in range(2 * MOST_ROUNDS)]
    answer = ask(wire := wire_of(*rounds), respond=Answering())
    assert answer.status == "failed"
    assert f"called functions {MOST_ROUNDS} times" in str(answer.reason)
    assert len(wire.streams) == MOST_ROUNDS
    # What was given last is not lost: with the call open, the conversation could not go on.
    assert wire.asked[-1] == "POST /conversations/conv_1/items"
    assert wire.bodies[-1]["items"][0]["output"] == "QUIZ"


@pytest.mark.parametrize(
    ("model", "kept"), [(None, {"reasoning", "top_p"}), ("gpt-4.1", set[str]())]
)
def test_a_role_has_settings_for_its_model_and_none_for_answers(
    model: str | None, kept: set[str]
) -> None:
    wire = wire_of([BEGUN, END])
    role = Role(instructions="Judge.", form="verdict", schema={}, model=model)
    ask(wire, party=party(SEARCH, **OWN), role=role)
    body = wire.bodies[-1]
    assert body["model"] == (model or "gpt-5")
    assert set(OWN) & set(body) == kept
