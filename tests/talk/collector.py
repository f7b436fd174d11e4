"""A loopback OTLP receiver, which is AgentOps' API as well: keeps what it gets."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.loopback import LoopbackHandler, LoopbackServer


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


class Collector(LoopbackServer):
    """Keeps what it gets in ``received``."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.received = Received()

    @property
    def url(self) -> str:
        return self.root


class _Handler(LoopbackHandler):
    server: Collector

    def post(self) -> None:
        body = self.body()
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
        self.answer(b"", kind="application/x-protobuf")

    def _token(self, body: bytes) -> None:
        self.server.received.keys.append(json.loads(body)["api_key"])
        token = {"token": "a-token", "project_id": "a-project"}
        self.answer(json.dumps(token).encode())


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
