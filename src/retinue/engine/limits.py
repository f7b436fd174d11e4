"""When a plan is too drastic: the figures that `retinue.engine.safety` judges by. Data alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Shares in percent of the resources in the state; ``min_existing`` is how many there must be
    before a share says anything."""

    max_delete_percent: int = 30
    max_update_percent: int = 50
    min_existing: int = 10
