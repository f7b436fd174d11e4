"""A scripted chat-completions server: the model of the embedded platform in these tests.

It answers by what the last message says, streamed, and keeps every request that it got:

* ``quiz``      calls display_quiz, twice when the word ``twice`` is there, then repeats the outputs
* ``compute``   runs a line of Python in the code interpreter, then repeats what it printed
* ``search``    uses the file search once and cites the first passage
* ``json``      answers with a JSON object
* ``cut``       stops in the middle of that call: it may say no more
* ``slowly``    answers word by word, for ten seconds; ``briefly`` for two
* ``spelt``     says the question again, character by character
* ``fail``      refuses with a 500
* a rubric (response_format json_schema) is judged by whether the answer holds the word ``good``
* anything else is echoed as ``The answer to <question>``
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from tests.support.loopback import LoopbackHandler, LoopbackServer

CODE = "import os; print(6 * 7, *os.listdir('/mnt/data'))"
"""What it computes: the answer, and the files that are there."""


class ScriptedModel(LoopbackServer):
    """Keeps the bodies that it got in ``requests``."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.requests: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"{self.root}/v1"


class _Handler(LoopbackHandler):
    server: ScriptedModel

    def post(self) -> None:
        body = self.json()
        self.server.requests.append(body)
        if _asked(body).startswith("fail"):
            self.answer(b'{"error": {"message": "the model is not well"}}', status=500)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for delta in reply(body):
            self._send({"choices": [{"index": 0, "delta": delta}]})
        self._send({"choices": [{"index": 0, "delta": {}, "finish_reason": _reason(body)}]})
        self._send({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}})
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, data: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
        self.wfile.flush()


def _asked(body: dict[str, Any]) -> str:
    said = [m for m in body["messages"] if m["role"] == "user"]
    content = said[-1]["content"] if said else ""
    return content if isinstance(content, str) else content[0]["text"]


def _outputs(body: dict[str, Any]) -> list[str]:
    """The outputs of tools since the last question."""
    found: list[str] = []
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            break
        if message["role"] == "tool":
            found.insert(0, message["content"])
    return found


def _reason(body: dict[str, Any]) -> str:
    if "cut" in _asked(body):
        return "length"
    return "tool_calls" if _calls(body) else "stop"


def _calls(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    asked, names = _asked(body), [each["function"]["name"] for each in body.get("tools") or ()]
    if _outputs(body):
        return []
    if "quiz" in asked and "display_quiz" in names:
        calls = [("display_quiz", {"title": "Limits", "level": 1})]
        return calls + ([("display_quiz", {"title": "Series"})] if "twice" in asked else [])
    if "compute" in asked and "python" in names:
        return [("python", {"code": CODE})]
    search = next((name for name in names if "search" in name), None)
    return [(search, {"query": asked})] if "search" in asked and search else []


def reply(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The pieces of the answer."""
    calls = _calls(body)
    for index, (name, arguments) in enumerate(calls):
        function = {"name": name, "arguments": json.dumps(arguments)}
        yield {"tool_calls": [{"index": index, "id": f"c{index}", "type": "function",
                               "function": function}]}  # fmt: skip
    if not calls:
        yield from ({"content": piece} for piece in _pieces(body))


def _pieces(body: dict[str, Any]) -> Iterator[str]:
    asked, outputs = _asked(body), _outputs(body)
    if (body.get("response_format") or {}).get("type") == "json_schema":
        good = "good" in asked.rpartition("<answer>")[2]
        yield json.dumps({"verdict": "PASS" if good else "FAIL", "reason": "the word good"})
    elif outputs and "【" in outputs[0]:
        mark = outputs[0][outputs[0].index("【") : outputs[0].index("】") + 1]
        yield from ("It is in the notes", mark, ".")
    elif outputs:
        yield "Outputs: " + " and ".join(outputs)
    elif "json" in asked:
        yield '{"level": 2}'
    elif "slowly" in asked or "briefly" in asked:
        for number in range(100 if "slowly" in asked else 20):
            yield f"word{number} "
            time.sleep(0.1)
    elif "spelt" in asked:
        yield from ("joined: ", *asked)
    else:
        yield from ("The answer ", "to ", asked)
