"""AgentOps on plain OTLP: a token for the key, and the attributes that make a session of a span.

Its own package is no dependency. Both addresses can be set as that package has them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from retinue.errors import UsageError

API: Final = "https://api.agentops.ai"
EXPORTER: Final = "https://otlp.agentops.ai/v1/traces"
KEY: Final = "AGENTOPS_API_KEY"
_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOpsSession:
    """``token`` opens the exporter's ``endpoint``; it is a secret as the key is."""

    token: str = field(repr=False)
    project: str
    endpoint: str

    def attributes(self, tags: Sequence[str]) -> dict[str, str]:
        """What the session's span has."""
        tagged = {"agentops.tags": json.dumps(list(tags))} if tags else {}
        return {"agentops.span.kind": "session", **tagged}


def open_session(environ: Mapping[str, str]) -> AgentOpsSession:
    """Get a token for the key in ``environ``.

    Raises:
        UsageError: there is no key, or AgentOps refuses it.
    """
    import httpx2

    key = environ.get(KEY)
    if not key:
        raise UsageError(
            f"tracing to AgentOps needs a key, and {KEY} is not set",
            hint=f"set {KEY} in the environment or in .env, or turn tracing.agentops off",
        )
    base = (environ.get("AGENTOPS_API_ENDPOINT") or API).rstrip("/")
    try:
        answer = httpx2.post(f"{base}/v3/auth/token", json={"api_key": key}, timeout=_SECONDS)
        answer.raise_for_status()
        said = answer.json()
        token, project = str(said["token"]), str(said.get("project_id") or "")
    except (httpx2.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"AgentOps gave no token at {base}/v3/auth/token ({type(error).__name__})",
            hint=f"check {KEY}, or turn tracing.agentops off in retinue.yaml",
        ) from None
    endpoint = environ.get("AGENTOPS_EXPORTER_ENDPOINT") or EXPORTER
    return AgentOpsSession(token=token, project=project, endpoint=endpoint)
