"""Forms of values that several types share: what counts as equal, and what as said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retinue.kinds.values import canonical


def said(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """Only what says something: the platform fills what nobody named with nulls and empty lists."""
    return {key: item for key, item in (value or {}).items() if item not in (None, [], {})}


def in_any_order(items: Any) -> list[Any]:
    """The items of a list whose order means nothing, in one that is always the same."""
    return sorted(items or (), key=canonical)
