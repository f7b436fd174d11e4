"""Where the language models are: a plain value, so that naming a server loads no HTTP client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServer:
    """Where the models are.

    ``base_url`` ends where "/chat/completions" begins, e.g. in /v1. ``names`` maps the models
    that assistants name to those of the server; "*" is for all others. ``timeout`` is in seconds
    between two pieces of an answer. ``embeddings`` is its model for vectors of texts, if any.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    names: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 300.0
    embeddings: str | None = None

    def name_of(self, model: str) -> str:
        """What the server calls ``model``."""
        return self.names.get(model) or self.names.get("*") or model
