"""What the scripted model says in the seed documents: a math tutor that uses its tools.

It looks only at what a chat-completions server would see, so every answer shows that the platform
passed the right things on: the words, the tools, and what the tools gave.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.seeds.model_server import Body, Reply

FIBONACCI = """\
def fibonacci(n):
    fib_sequence = [0, 1]
    while len(fib_sequence) < n:
        fib_sequence.append(fib_sequence[-1] + fib_sequence[-2])
    return fib_sequence

first_20_fibonacci = fibonacci(20)
first_20_fibonacci"""

QUIZ = {
    "title": "Mathematics Quiz",
    "questions": [
        {
            "question_text": "Why is the square root of a negative number not a real number?",
            "question_type": "FREE_RESPONSE",
        },
        {
            "question_text": "What is the value of an angle in a regular pentagon?",
            "choices": ["72 degrees", "90 degrees", "108 degrees", "120 degrees"],
            "question_type": "MULTIPLE_CHOICE",
        },
    ],
}
_WORDS = {
    "3x + 11": "Yes. Subtract 11 from both sides, then divide by 3: `x = 1`.",
    "explain this": "Subtract 11 to get `3x = 3`; divide by 3 to get `x = 1`.",
    "linear algebra": "Linear algebra is about vectors, matrices and linear maps.",
    "don't like math": "Look for the mathematics in what you like.",
    "Thank you": "You're welcome!",
}


def think(body: Body) -> Reply:
    """The model's answer to a request."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return _after_tool(body, last["content"])
    offered = {tool["function"]["name"] for tool in body.get("tools", ())}
    said = _text(last["content"])
    if "fibbonaci" in said and "python" in offered:
        return Reply(calls=(("python", {"code": FIBONACCI}),))
    if "paper" in said and "file_search" in offered:
        return Reply(calls=(("file_search", {"query": "language models multitask"}),))
    if "quiz" in said and "display_quiz" in offered:
        return Reply(calls=(("display_quiz", QUIZ),))
    known = (words for key, words in _WORDS.items() if key in said)
    return Reply(next(known, f"I have no words for: {said}"))


def _after_tool(body: Body, output: str) -> Reply:
    (call,) = body["messages"][-2]["tool_calls"]
    name = call["function"]["name"]
    if name == "python":
        numbers = ", ".join(re.findall(r"\d+", output))
        return Reply(f"The first 20 Fibonacci numbers are: {numbers}.")
    if name == "file_search":
        mark = re.search(r"【[^】]*】", output)
        assert mark, output
        return Reply(f"The paper is about probabilities of sequences{mark[0]}.")
    responses = json.loads(output)
    return Reply(f"You answered {responses[0]!r} and {responses[1]!r}.")


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content)
