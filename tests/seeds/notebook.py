"""The cells that the seed documents share, written as they are there."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from openai import OpenAI

MATH_TUTOR = "You are a personal math tutor. Answer questions briefly, in a sentence or less."
EQUATION = "I need to solve the equation `3x + 11 = 14`. Can you help me?"
PAPER = "What are some cool math concepts behind this ML paper pdf? Explain in two sentences."

FUNCTION_JSON: dict[str, Any] = {
    "name": "display_quiz",
    "description": "Displays a quiz to the student, and returns the student's response.",
    "parameters": {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "questions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "question_text": {"type": "string"},
                        "question_type": {
                            "type": "string",
                            "enum": ["MULTIPLE_CHOICE", "FREE_RESPONSE"],
                        },
                        "choices": {"type": "array", "items": {"type": "string"}},
                    },
                    "required": ["question_text"],
                },
            },
        },
        "required": ["title", "questions"],
    },
}


def show_json(thing: Any) -> dict[str, Any]:
    """What the notebooks display of an object."""
    shown: dict[str, Any] = json.loads(thing.model_dump_json())
    return shown


def display_quiz(title: str, questions: list[dict[str, Any]]) -> list[str]:
    """The notebooks' quiz, with their mocked answers."""
    assert title
    answers = {"MULTIPLE_CHOICE": "a", "FREE_RESPONSE": "I don't know."}
    return [answers[question["question_type"]] for question in questions]


@dataclass(slots=True)
class Notebook:
    """One notebook under way: its client and the assistant that it has made."""

    client: OpenAI
    assistant_id: str = ""

    def submit_message(self, thread: Any, user_message: str) -> Any:
        self.client.beta.threads.messages.create(
            thread_id=thread.id, role="user", content=user_message
        )
        return self.client.beta.threads.runs.create(
            thread_id=thread.id, assistant_id=self.assistant_id
        )

    def get_response(self, thread: Any) -> Any:
        return self.client.beta.threads.messages.list(thread_id=thread.id, order="asc")

    def create_thread_and_run(self, user_input: str) -> tuple[Any, Any]:
        thread = self.client.beta.threads.create()
        return thread, self.submit_message(thread, user_input)

    def wait_on_run(self, run: Any, thread: Any) -> Any:
        deadline = time.monotonic() + 60
        while run.status in ("queued", "in_progress"):
            assert time.monotonic() < deadline, "the run hangs"
            run = self.client.beta.threads.runs.retrieve(thread_id=thread.id, run_id=run.id)
            time.sleep(0.02)
        return run

    def words(self, thread: Any) -> list[str]:
        """What ``pretty_print`` shows: who said what."""
        return [f"{each.role}: {each.content[0].text.value}" for each in self.get_response(thread)]

    def ask(self, user_input: str) -> tuple[Any, Any, list[str]]:
        """A question on a thread of its own, waited for."""
        thread, run = self.create_thread_and_run(user_input)
        run = self.wait_on_run(run, thread)
        return thread, run, self.words(thread)

    def steps(self, thread: Any, run: Any) -> list[dict[str, Any]]:
        """The details of a run's steps, the first step first."""
        listed = self.client.beta.threads.runs.steps.list(
            thread_id=thread.id, run_id=run.id, order="asc"
        )
        return [show_json(step.step_details) for step in listed.data]
