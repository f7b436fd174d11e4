"""Building handlers of functions."""

from __future__ import annotations

from typing import Any

from retinue.manifest.model_checks import HANDLER_SECONDS, Handler


def build_handler(value: dict[str, Any] | None) -> Handler | None:
    """The handler that a function's mapping names."""
    if not value:
        return None
    return Handler(
        command=tuple(word for word in value.get("command", ()) if word is not None),
        python=value.get("python", ""),
        timeout=float(value.get("timeout", HANDLER_SECONDS)),
        allow=value.get("allow", False),
    )
