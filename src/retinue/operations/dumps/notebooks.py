"""Jupyter notebooks to what their cells showed. Pure; the cells' code is not looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def is_notebook(value: Any) -> bool:
    """Whether a JSON value is a notebook."""
    return isinstance(value, dict) and "nbformat" in value and isinstance(value.get("cells"), list)


def outputs(notebook: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What was shown, each with the number of its cell: texts, and JSON values where there are."""
    for number, cell in enumerate(notebook["cells"], 1):
        if not isinstance(cell, dict):
            continue
        for output in cell.get("outputs") or ():
            if isinstance(output, dict):
                yield from ((f"cell {number}", shown) for shown in _shown(output))


def _shown(output: Mapping[str, Any]) -> Iterator[Any]:
    data = output.get("data")
    if isinstance(data, dict):
        if "application/json" in data:
            yield data["application/json"]
        else:
            yield _joined(data.get("text/plain"))
    yield _joined(output.get("text"))


def _joined(text: Any) -> str:
    """A text, which a notebook keeps as a list of lines."""
    if isinstance(text, list):
        return "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""
