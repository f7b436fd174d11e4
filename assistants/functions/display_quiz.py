"""Answers display_quiz in `retinue ask`, `chat` and `test`, in place of a student.

Takes the first choice of every question, and knows nothing where there are no choices. An
application shows the quiz to somebody instead.
"""

from __future__ import annotations

from typing import Any


def display(title: str, questions: list[dict[str, Any]]) -> dict[str, Any]:
    """What the model gets back; printing goes to standard error."""
    return {"title": title, "responses": [_response(question) for question in questions]}


def _response(question: dict[str, Any]) -> str:
    choices = question.get("choices")
    return str(choices[0]) if choices else "I don't know."
