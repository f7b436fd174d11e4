"""Keys that got into prompts, metadata and descriptions: they don't go on into git. Pure."""

from __future__ import annotations

from typing import Any

from retinue.manifest import keys


def redacted(value: Any, path: str = "") -> tuple[Any, list[str]]:
    """``value`` with every key in a text replaced, and the paths of these texts."""
    if isinstance(value, str):
        text = keys.redacted(value)
        return text, [path] if text != value else []
    found: list[str] = []
    if isinstance(value, dict):
        result = {}
        for key, item in value.items():
            result[key], inner = redacted(item, f"{path}.{key}" if path else key)
            found += inner
        return result, found
    if isinstance(value, list):
        items = []
        for index, item in enumerate(value):
            shown, inner = redacted(item, f"{path}[{index}]")
            items.append(shown)
            found += inner
        return items, found
    return value, found
