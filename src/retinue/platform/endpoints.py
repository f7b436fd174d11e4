"""Where a platform is: data alone, cheap to import, for the project as for `connect`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

OPENAI_URL = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServer:
    """A chat-completions server behind the embedded platform.

    ``names`` maps models as assistants name them to the server's; "*" stands for all others.
    ``embeddings`` is the server's model for them; without one, file search goes by words alone.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    names: Mapping[str, str] = field(default_factory=dict)
    embeddings: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """The embedded platform in ``database``, an absolute path; without ``model`` the built-in echo
    model answers."""

    database: Path
    model: ModelServer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A server. ``base_url`` None is OpenAI itself; ``timeout`` in seconds; ``key_name`` is the
    environment variable that the key is read from, for messages; ``max_parallel`` is how many
    requests it may get at once, whatever a command would like."""

    base_url: str | None
    api_key: str | None = field(repr=False)
    key_name: str = "OPENAI_API_KEY"
    timeout: float = 60.0
    max_parallel: int | None = None

    @property
    def address(self) -> str:
        """The base URL, without a slash at its end."""
        return (self.base_url or OPENAI_URL).rstrip("/")


Endpoint: TypeAlias = Local | Remote


def name_of(endpoint: Endpoint) -> str:
    """How states, plans and messages call the platform: by its address, without a password."""
    if isinstance(endpoint, Local):
        return "the embedded platform"
    return re.sub(r"(?<=//)[^/@]*@", "", endpoint.address)
