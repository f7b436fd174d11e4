"""A loopback OTLP receiver, which is AgentOps' API as well: keeps what it gets."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Span:
    """A span as it was received."""

    name: str
    id: bytes
    parent: bytes
    trace: bytes
    attributes: dict[str, Any]
    error: str
    resource: dict[str, Any]
    seconds: float


@dataclass
class Received:
    """All that came. ``raw`` holds the bytes of every request, unpacked."""

    spans: list[Span] = field(default_factory=list)
    raw: bytes = b""
    authorizations: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def one(self, name: str) -> Span:
        [found] = [span for span in self.spans if span.name == name]
        return found

    def below(self, span: Span) -> list[str]:
        return sorted(each.name for each in self.spans if each.parent == span.id)


class Collector(ThreadingHTTPServer):
    """Listens on loopback; use as a context manager."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received = Received()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path == "/v3/auth/token":
            self._token(body)
            return
        assert self.path == "/v1/traces"
        received = self.server.received
        received.raw += body
        received.authorizations.append(self.headers.get("authorization", ""))
        received.spans += _spans(body)
        self._answer(b"", "application/x-protobuf")

    def _token(self, body: bytes) -> None:
        self.server.received.keys.append(json.loads(body)["api_key"])
        token = {"token": "a-token", "project_id": "a-project"}
        self._answer(json.dumps(token).encode(), "application/json")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(body)


def _spans(body: bytes) -> list[Span]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        Span(
            span.name,
            span.span_id,
            span.parent_span_id,
            span.trace_id,
            _values(span.attributes),
            span.status.message if span.status.code == 2 else "",
            _values(group.resource.attributes),
            (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        )
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind)
