"""Request values that several families share, with their documented limits.

Source of every limit: OpenAI's API description of 2026-08-21. Only checks and the defaults that
come with them live here, no storage.
"""

from __future__ import annotations

from typing import Any

from retinue.local import checks, refusals

ALWAYS = checks.text()
"""For a ``type`` that ``checks.tagged`` has looked at already."""

METADATA = checks.nullable(
    checks.pairs(checks.text(longest=512), most=16, longest_key=64), default={}
)
FUNCTION_NAME = checks.text(pattern="^[a-zA-Z0-9_-]{1,64}$")
ID = checks.text(shortest=1)

AUTO_CHUNKS = (800, 400)
"""Tokens per chunk and overlap behind ``auto``; ``auto`` itself is never read back."""


def _attribute(value: object, param: str) -> str | float | bool:
    if isinstance(value, bool | int | float):
        return value
    if not isinstance(value, str):
        raise refusals.wrong_type(param, "one of a string, decimal or boolean", value)
    kept: str = checks.text(longest=512)(value, param)
    return kept


ATTRIBUTES = checks.nullable(checks.pairs(_attribute, most=16, longest_key=64), default={})

_STATIC = checks.record(
    required={
        "max_chunk_size_tokens": checks.integer(least=100, most=4096),
        "chunk_overlap_tokens": checks.integer(least=0, most=2048),
    }
)
_STRATEGY = checks.tagged(
    auto=checks.record(type=ALWAYS),
    static=checks.record(required={"type": ALWAYS, "static": _STATIC}),
)


def chunking(value: object, param: str) -> tuple[int, int]:
    """A chunking strategy as (tokens per chunk, tokens of overlap)."""
    strategy = _STRATEGY(value, param)
    if strategy["type"] == "auto":
        return AUTO_CHUNKS
    size, overlap = (strategy["static"][key] for key in _STATIC_KEYS)
    if overlap > size // 2:
        reason = "the overlap must not exceed half of 'max_chunk_size_tokens'."
        raise refusals.invalid(f"{param}.static.chunk_overlap_tokens", reason)
    return size, overlap


_STATIC_KEYS = ("max_chunk_size_tokens", "chunk_overlap_tokens")


def chunking_answer(size: int, overlap: int) -> dict[str, Any]:
    """The strategy as the platform reads it back: always the static form."""
    return {"type": "static", "static": dict(zip(_STATIC_KEYS, (size, overlap), strict=True))}


STORE_EXPIRY = checks.record(
    required={
        "anchor": checks.choice("last_active_at"),
        "days": checks.integer(least=1, most=365),
    }
)
FILE_EXPIRY = checks.record(
    required={
        "anchor": checks.choice("created_at"),
        "seconds": checks.integer(least=3600, most=2_592_000),
    }
)
