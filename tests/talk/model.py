"""A scripted chat-completions server: the model of the embedded platform in these tests.

It answers by what the last message says, streamed, and keeps every request that it got:

* ``quiz``      calls display_quiz, twice when the word ``twice`` is there, then repeats the outputs
* ``search``    uses the file search once and cites the first passage
* ``json``      answers with a JSON object
* ``slowly``    answers word by word, for ten seconds
* ``fail``      refuses with a 500
* a rubric (response_format json_schema) is judged by whether the answer holds the word ``good``
* anything else is echoed as ``The answer to <question>``
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class ScriptedModel(ThreadingHTTPServer):
    """Listens on loopback; use as a context manager."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedModel
    protocol_version = "HTTP/1.0"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.requests.append(body)
        if _asked(body).startswith("fail"):
            self._refuse()
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

    def _refuse(self) -> None:
        self.send_response(500)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"error": {"message": "the model is not well"}}')


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
    return "tool_calls" if _calls(body) else "stop"


def _calls(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    asked, names = _asked(body), [each["function"]["name"] for each in body.get("tools") or ()]
    if _outputs(body):
        return []
    if "quiz" in asked and "display_quiz" in names:
        calls = [("display_quiz", {"title": "Limits", "level": 1})]
        return calls + ([("display_quiz", {"title": "Series"})] if "twice" in asked else [])
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
    elif "slowly" in asked:
        for number in range(100):
            yield f"word{number} "
            time.sleep(0.1)
    else:
        yield from ("The answer ", "to ", asked)
