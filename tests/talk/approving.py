"""A scripted Responses server whose model wants a tool of the MCP server ``repo`` every time."""

from __future__ import annotations

import json
from typing import Any

from tests.support.loopback import LoopbackHandler, LoopbackServer

REQUEST = {
    "id": "mcpr_1",
    "type": "mcp_approval_request",
    "server_label": "repo",
    "name": "delete_branch",
    "arguments": '{"branch": "main"}',
}


class ApprovingServer(LoopbackServer):
    """``decisions``: what was sent for the requests of its model."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.decisions: list[bool] = []


class _Handler(LoopbackHandler):
    server: ApprovingServer

    def do_DELETE(self) -> None:  # noqa: N802 - the base looks for it
        self.answer(b'{"id": "gone", "deleted": true}')

    def post(self) -> None:
        sent = self.json()
        given = [*(sent.get("input") or ()), *(sent.get("items") or ())]
        self.server.decisions += [each["approve"] for each in given if "approve" in each]
        if self.path.endswith("/responses"):
            self._respond(self.server.decisions if "approve" in given[0] else None)
        else:
            self.answer(b'{"data": []}' if "items" in sent else b'{"id": "conv_1"}')

    def _respond(self, decisions: list[bool] | None) -> None:
        part = {"type": "output_text", "text": f"Done: {decisions}", "annotations": []}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [part]}
        output = [REQUEST if decisions is None else message]
        response = {"id": "resp_1", "object": "response", "status": "completed", "output": output}
        event: dict[str, Any] = {"type": "response.completed", "response": response}
        self.answer(f"data: {json.dumps(event)}\n\n".encode(), kind="text/event-stream")
