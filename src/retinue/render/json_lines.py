"""Progress as JSON lines, in the shape of the machine-readable UI that OpenTofu and Terraform have.

The first line is of type ``version``. A minor step of its ``ui`` adds, a major step breaks; readers
show ``@message`` of a type they don't know. Described by ``schemas/events.schema.json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from retinue.address import Address
from retinue.engine.apply import Outcome
from retinue.engine.events import (
    Event,
    Note,
    RefreshDone,
    RefreshStarted,
    StepDone,
    StepEvent,
    StepFailed,
    StepProgress,
    StepStarted,
)
from retinue.engine.plan import Change, Counts, DriftedResource, Plan
from retinue.engine.safety import Verdict
from retinue.problem import Problem
from retinue.render.failures import code_of, hint_of, message_of, reasons_of
from retinue.render.outcome import counts_of, headline
from retinue.render.progress import because
from retinue.render.sentences import conclusion, what
from retinue.render.verbs import duration, verb

UI_VERSION = "1.0"
MODULE = "retinue.ui"


def _now() -> datetime:
    return datetime.now(UTC)


def _resource(address: Address) -> dict[str, Any]:
    return {
        "addr": str(address),
        "resource": str(address),
        "resource_type": address.kind,
        "resource_name": address.name,
    }


class JsonReporter:
    """Writes one JSON document a line. Besides engine events it tells plans and outcomes."""

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        version: str = "",
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._write = write
        self._now = now
        self._begun = False
        self._version = version

    def __call__(self, event: Event) -> None:
        """Tell of one event."""
        match event:
            case RefreshStarted(tracked=tracked):
                self._emit("refresh_start", "Reading the platform...", hook={"tracked": tracked})
            case RefreshDone(tracked=tracked):
                self._emit("refresh_complete", "Reading complete", hook={"tracked": tracked})
            case Note(text=text):
                self._emit("log", text)
            case _:
                self._step(event)

    def _step(self, event: StepEvent) -> None:
        words = verb(event.action, event.phase)
        hook: dict[str, Any] = {"resource": _resource(event.address), "action": words.event}
        address = str(event.address)
        match event:
            case StepStarted(position=position, total=total):
                hook |= {"position": position, "total": total}
                self._emit("apply_start", f"{address}: {words.doing}...", hook=hook)
            case StepProgress(seconds=seconds):
                hook["elapsed_seconds"] = round(seconds)
                text = f"{address}: still at work after {duration(seconds)}"
                self._emit("apply_progress", text, hook=hook)
            case StepDone(object_id=object_id, seconds=seconds):
                hook |= {"id_key": "id", "id_value": object_id, "elapsed_seconds": round(seconds)}
                text = (
                    f"{address}: {words.noun} complete after {duration(seconds)} [id={object_id}]"
                )
                self._emit("apply_complete", text, hook=hook)
            case StepFailed(error=error):
                text = f"{address}: {words.noun} failed: {message_of(error, about=address)}"
                self._emit("apply_errored", text, level="error", hook=hook | _failure(error))
            case _:
                hook["because"] = None if event.because is None else str(event.because)
                text = f"{address}: Skipped {because(event)}"
                self._emit("apply_skipped", text, level="warn", hook=hook)

    def plan(self, plan: Plan, verdict: Verdict) -> None:
        """Tell what would change, what drifted, and what apply would refuse."""
        for note in plan.notes:
            self._emit("log", note)
        for item in plan.drift:
            self._emit("resource_drift", _drifted(item), change=_drift(item))
        for change in plan.pending:
            text = f"{change.address}: {what(change)}"
            self._emit("planned_change", text, change=_planned(change))
        for refusal in verdict.refusals:
            where = {"addresses": [str(address) for address in refusal.addresses]}
            self._diagnostic("error", refusal.message, refusal.hint, refusal.code, where)
        self._summary("plan", plan.counts(), conclusion(plan))

    def outcome(self, outcome: Outcome, plan: Plan | None = None) -> None:
        """Tell what an apply did: a diagnostic for each failure, then the figures."""
        for failure in outcome.failed:
            where = {"address": str(failure.step.address)}
            error = failure.error
            self._diagnostic("error", message_of(error), hint_of(error), code_of(error), where)
        self._summary("apply", counts_of(outcome, plan), headline(outcome, plan))

    def problems(self, problems: Iterable[Problem]) -> None:
        """Tell what is wrong with the manifests."""
        for problem in problems:
            place = problem.place
            start = {"line": place.line, "column": place.column}
            where = {"range": {"filename": place.file, "start": start}}
            severity = problem.severity
            self._diagnostic(severity, problem.message, problem.hint, problem.code, where)

    def error(self, error: Exception) -> None:
        """Tell of an error that ends the command: each of its reasons, or the error itself."""
        for reason in reasons_of(error):
            self._diagnostic("error", reason.message, reason.hint, reason.code, {})
        if not reasons_of(error):
            self._diagnostic("error", message_of(error), hint_of(error), code_of(error), {})

    def _summary(self, operation: str, counts: Counts, text: str) -> None:
        figures = asdict(counts)
        changes = {
            "add": figures["add"],
            "change": figures["change"],
            "import": figures["adopt"],
            "remove": figures["destroy"],
            "move": figures["move"],
            "forget": figures["forget"],
            "operation": operation,
        }
        self._emit("change_summary", text, changes=changes)

    def _diagnostic(
        self, severity: str, summary: str, hint: str | None, code: str, where: Mapping[str, Any]
    ) -> None:
        data = {"severity": severity, "summary": summary, "detail": hint or "", "code": code}
        level = "error" if severity == "error" else "warn"
        text = f"{severity.capitalize()}: {summary}"
        self._emit("diagnostic", text, level=level, diagnostic=data | dict(where))

    def _emit(self, kind: str, message: str, *, level: str = "info", **content: Any) -> None:
        if not self._begun:
            self._begun = True
            name = f"Retinue {self._version}".strip()
            self._emit("version", name, retinue=self._version, ui=UI_VERSION)
        document = {
            "@level": level,
            "@message": message,
            "@module": MODULE,
            "@timestamp": self._now().isoformat(),
            "type": kind,
            **content,
        }
        self._write(json.dumps(document, default=str) + "\n")


def _failure(error: Exception) -> dict[str, Any]:
    return {"error": {"code": code_of(error), "message": message_of(error), "hint": hint_of(error)}}


def _planned(change: Change) -> dict[str, Any]:
    data: dict[str, Any] = {"resource": _resource(change.address), "action": change.action.value}
    if change.reason is not None:
        data["reason"] = change.reason.value
    if change.previous_address is not None:
        data["previous_resource"] = _resource(change.previous_address)
    return data


def _drifted(item: DriftedResource) -> str:
    return f"{item.address}: {'deleted' if item.deleted else 'changed'} outside of Retinue"


def _drift(item: DriftedResource) -> dict[str, Any]:
    action = "delete" if item.deleted else "update"
    fields = [field.name for field in item.fields]
    return {"resource": _resource(item.address), "action": action, "fields": fields}
