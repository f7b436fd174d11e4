"""Sends spans away: OTLP over HTTP through OpenTelemetry's SDK, which is an optional dependency.

Nothing is imported, opened or sent unless a project or a command asks for it. An exporter that
can't be reached never fails a command: it is told once, at the end.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from retinue.errors import RetinueError, UsageError
from retinue.project import Tracing
from retinue.talk.agentops import open_session
from retinue.talk.tracing import Attributes, Tracer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer as OtelTracer

EXPORT_SECONDS = 5.0
"""How long an export may take, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise."""

_CURRENT: ContextVar[OtelSpan | None] = ContextVar("retinue_span", default=None)


@contextlib.contextmanager
def traced(
    tracing: Tracing,
    name: str,
    attributes: Attributes,
    *,
    environ: Mapping[str, str],
    notice: Callable[[str], None],
) -> Iterator[Tracer]:
    """Trace a block as the span ``name`` and send all spans at its end.

    Raises:
        UsageError: the extra is not installed, or a key that is needed is missing.
    """
    _require_extra()
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    exporters: list[_Noticing] = []
    resource = {"service.name": environ.get("OTEL_SERVICE_NAME") or "retinue"}
    if tracing.agentops:
        session = open_session(environ)
        resource["agentops.project.id"] = session.project
        headers = {"Authorization": f"Bearer {session.token}"}
        exporters.append(_Noticing(_exporter(session.endpoint, headers, environ), "AgentOps"))
        attributes = {**attributes, **session.attributes(tracing.tags)}
    if tracing.otlp:
        exporters.append(_Noticing(_exporter(_endpoint(environ), None, environ), "the collector"))
    provider = TracerProvider(resource=Resource.create(resource), shutdown_on_exit=False)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(cast("SpanExporter", exporter)))
    tracer = _OtelTracer(provider.get_tracer("retinue"), content=tracing.content)
    try:
        with tracer.span(name, attributes) as root, _ending(root, agentops=tracing.agentops):
            tracer.root = root
            yield tracer
    finally:
        provider.shutdown()
        for exporter in exporters:
            if exporter.failed:
                notice(f"note: traces could not be sent to {exporter.name}")


@contextlib.contextmanager
def _ending(root: _OtelSpan, *, agentops: bool) -> Iterator[None]:
    """AgentOps wants to know how a session ended."""
    try:
        yield
    except BaseException:
        root.failed = True
        raise
    finally:
        if agentops:
            root.set({"agentops.session.end_state": "Fail" if root.failed else "Success"})


def _require_extra() -> None:
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace  # noqa: F401 - whether it is there
    except ImportError as error:
        raise UsageError(
            f"tracing needs OpenTelemetry, which is not installed ({error.name})",
            hint="install it with: pip install 'retinue[tracing]'",
        ) from None


def _endpoint(environ: Mapping[str, str]) -> str | None:
    """Where spans go after OpenTelemetry's rules; None leaves it to the exporter's default."""
    own = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if own:
        return own
    base = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    return f"{base.rstrip('/')}/v1/traces" if base else None


def _exporter(
    endpoint: str | None, headers: dict[str, str] | None, environ: Mapping[str, str]
) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.util.re import parse_env_headers

    if headers is None:
        name = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
        written = environ.get(name) or environ.get("OTEL_EXPORTER_OTLP_HEADERS") or ""
        headers = dict(parse_env_headers(written, liberal=True))
    patience = environ.get("OTEL_EXPORTER_OTLP_TIMEOUT")
    timeout = float(patience) if patience else EXPORT_SECONDS
    return OTLPSpanExporter(endpoint=endpoint, headers=headers, timeout=timeout)


class _Noticing:
    """An exporter that remembers whether it failed."""

    def __init__(self, inner: SpanExporter, name: str) -> None:
        self._inner = inner
        self.name = name
        self.failed = False

    def export(self, spans: Any) -> Any:
        from opentelemetry.sdk.trace.export import SpanExportResult

        try:
            result = self._inner.export(spans)
        except Exception:  # noqa: BLE001 - whatever an exporter raises, the command goes on
            result = SpanExportResult.FAILURE
        self.failed = self.failed or result is not SpanExportResult.SUCCESS
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return bool(self._inner.force_flush(timeout_millis))


class _OtelSpan:
    """Implements `retinue.talk.tracing.Span`."""

    def __init__(self, span: OtelSpan) -> None:
        self._span = span
        self.failed = False

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes))

    def fail(self, kind: str, reason: str) -> None:
        from opentelemetry.trace import Status, StatusCode

        self.failed = True
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR, reason))


class _OtelTracer:
    """Implements `retinue.talk.tracing.Tracer`.

    What is open is kept in a context variable of our own: generators may be closed by another
    task than they ran in, which OpenTelemetry's own context does not allow.
    """

    def __init__(self, tracer: OtelTracer, *, content: bool) -> None:
        self._tracer = tracer
        self.content = content
        self.root: _OtelSpan | None = None

    def conclude(self, *, passed: bool) -> None:
        if not passed and self.root is not None:
            self.root.fail("failed", "the command did not succeed")

    @contextlib.contextmanager
    def span(
        self, name: str, attributes: Attributes, *, client: bool = False
    ) -> Iterator[_OtelSpan]:
        from opentelemetry.trace import SpanKind

        kind = SpanKind.CLIENT if client else SpanKind.INTERNAL
        inner = self._tracer.start_span(
            name, context=_context(), kind=kind, attributes=dict(attributes)
        )
        before = _CURRENT.get()
        _CURRENT.set(inner)
        span = _OtelSpan(inner)
        try:
            yield span
        except BaseException as error:
            if not isinstance(error, GeneratorExit):
                span.fail(_kind(error), "it ended with an error")
            raise
        finally:
            _CURRENT.set(before)
            inner.end()

    def past(self, name: str, attributes: Attributes, *, seconds: float, error: str = "") -> None:
        now = time.time_ns()
        began = now - int(seconds * 1e9)
        span = self._tracer.start_span(
            name, context=_context(), attributes=dict(attributes), start_time=began
        )
        if error:
            _OtelSpan(span).fail(error, error.replace("_", " "))
        span.end(end_time=now)


def _context() -> Any:
    from opentelemetry.context import Context
    from opentelemetry.trace import set_span_in_context

    current = _CURRENT.get()
    return Context() if current is None else set_span_in_context(current, Context())


def _kind(error: BaseException) -> str:
    return error.code if isinstance(error, RetinueError) else type(error).__name__
