"""What the engine tells while it works: frozen data that `retinue.render` turns into text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from retinue.address import Address
from retinue.engine.plan import Action
from retinue.engine.steps import Phase


@dataclass(frozen=True, slots=True)
class RefreshStarted:
    """Reading of the platform begins; ``tracked`` objects are in the state."""

    tracked: int


@dataclass(frozen=True, slots=True)
class RefreshDone:
    """Everything tracked was read."""

    tracked: int


@dataclass(frozen=True, slots=True)
class StepStarted:
    """One step began. ``position`` counts from 1 among ``total`` steps."""

    address: Address
    action: Action
    phase: Phase
    position: int
    total: int


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One step is still under way after ``seconds`` of wall time."""

    address: Address
    action: Action
    phase: Phase
    seconds: float


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step is done and recorded; ``seconds`` of wall time."""

    address: Address
    action: Action
    phase: Phase
    object_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StepFailed:
    """One step failed; what it was going to do did not happen or will be repaired."""

    address: Address
    action: Action
    phase: Phase
    error: Exception


@dataclass(frozen=True, slots=True)
class StepSkipped:
    """One step was not tried: ``because`` names what it waited for, None after a signal."""

    address: Address
    action: Action
    phase: Phase
    because: Address | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something the user should know: a repair, a retry, a taken-over lease."""

    text: str


StepEvent: TypeAlias = StepStarted | StepProgress | StepDone | StepFailed | StepSkipped
Event: TypeAlias = RefreshStarted | RefreshDone | StepEvent | Note
