"""The SDK's exceptions in our words. What each means for a retry is decided by the class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retinue.errors import (
    AuthenticationFailed,
    FamilyGone,
    NotFound,
    PlatformError,
    RateLimited,
    Rejected,
    Unavailable,
)
from retinue.platform.limiter import LONGEST_WAIT, retry_after
from retinue.platform.promises import WRONG_URL

if TYPE_CHECKING:
    import openai

_SERVER_ERROR = 500

SUNSET = (
    "OpenAI closed its Assistants API on 2026-08-26; say target: responses or target: agents in "
    "retinue.yaml, or use platform: {api: local} or a server that still has it (platform.base_url)"
)
_NO_AGENTS = (
    "agents, environments, vaults and automations need the Agents API, which OpenAI and the "
    "embedded platform have; target: responses does without it"
)
_NO_SKILLS = "skills need the Skills API, which OpenAI and the embedded platform have"
_FAMILIES = {
    "/assistants": SUNSET,
    "/agents": _NO_AGENTS,
    "/agents/automations": _NO_AGENTS,
    "/agents/environments/templates": _NO_AGENTS,
    "/vaults": _NO_AGENTS,
    "/skills": _NO_SKILLS,
    "/files": WRONG_URL,
    "/vector_stores": WRONG_URL,
}
"""The lists that every platform with such objects has, and what helps where one is missing."""


def translate(error: openai.APIError, *, where: str, base_url: str) -> PlatformError:
    """Turn an SDK error into ours. ``where`` is the request, e.g. ``POST /files``."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return Unavailable(f"{where}: no answer from {base_url} in time", hint=_LATER)
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ or error
        return Unavailable(
            f"{where}: can't reach {base_url} ({type(cause).__name__}: {cause})",
            hint="check that the server runs and that base_url is right",
        )
    if isinstance(error, openai.APIStatusError):
        return _answered(error, where, base_url)
    return Unavailable(f"{where}: {base_url} sent an answer that can't be read ({error})")


def family_gone(name: str, path: str, error: NotFound) -> FamilyGone | None:
    """What a 404 for the list at ``path`` of the platform ``name`` means, if that is a family's."""
    if path not in _FAMILIES:
        return None
    hint = _FAMILIES[path] if name.endswith("/v1") else WRONG_URL
    return FamilyGone(f"{name} has no {path}: {error.message}", hint=hint, status=404)


_LATER = "the server is down, or has too much to do: try again later"


def _answered(error: openai.APIStatusError, where: str, base_url: str) -> PlatformError:
    status = error.status_code
    said = f"{where}: {status} {_message(error)}"
    if status in (401, 403):
        hint = f"check the API key for {base_url} (OPENAI_API_KEY, or api_key_env in retinue.yaml)"
        return AuthenticationFailed(said, hint=hint, status=status)
    if status == 404:
        return NotFound(said, status=status)
    if status == 429:
        return _refused(error, said)
    if status >= _SERVER_ERROR or status == 408:
        return Unavailable(said, hint=_LATER, status=status)
    param = f" (parameter {error.param})" if error.param else ""
    return Rejected(f"{said}{param}", status=status)


def _refused(error: openai.APIStatusError, said: str) -> PlatformError:
    """A 429: too fast, or for good."""
    if error.code == "insufficient_quota":
        return Rejected(said, hint="the account's quota is used up", status=429)
    wait = retry_after(error.response.headers) or 0.0
    if wait > LONGEST_WAIT:
        hint = f"the platform asks to wait for {wait:.0f} s; try again then"
        return Rejected(said, hint=hint, status=429)
    hint = "the platform's rate limit; try again later or lower --parallelism"
    return RateLimited(said, hint=hint, status=429)


def _message(error: openai.APIStatusError) -> str:
    body = error.body
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return str(body["message"])
    if "json" not in error.response.headers.get("content-type", ""):
        return "without a JSON answer"
    text = error.response.text.strip()
    return text.splitlines()[0][:200] if text else "without a message"
