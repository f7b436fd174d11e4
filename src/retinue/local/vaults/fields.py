"""What requests may say of vaults and credentials, and what is kept and shown of an ``auth``.

Nothing here ever uses a secret, so that none is kept: each is checked and dropped. Source of the
rules: the types of OpenAI's SDK 3.52.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from retinue import reserved
from retinue.local import checks, refusals, shapes
from retinue.local.calls import Json

_LONGEST_NAME = 256
_FORBIDDEN = "\r\n\0"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_HOST = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"


def name(value: object, param: str) -> str:
    """A name, trimmed: 1 to 256 bytes of UTF-8."""
    trimmed: str = checks.text()(value, param).strip()
    length = len(trimmed.encode("utf-8", "surrogatepass"))
    if not 1 <= length <= _LONGEST_NAME:
        raise refusals.invalid(param, f"a name has 1 to {_LONGEST_NAME} bytes, this has {length}.")
    return trimmed


def metadata(value: object, param: str) -> Json:
    """Metadata where the SDK's types know no null: {} clears it."""
    kept: Json = shapes.METADATA(checks.any_object(value, param), param)
    return kept


def _secret(value: object, param: str) -> str:
    """A secret: not empty, on one line."""
    text: str = checks.text(shortest=1)(value, param)
    if any(character in text for character in _FORBIDDEN):
        raise refusals.invalid(param, "a secret has no line ends and no NUL in it.")
    return text


def _hosts(value: object, param: str) -> list[str]:
    host = checks.text(pattern=_HOST, longest=253)
    given = checks.items(host, least=1, most=16)(value, param)
    hosts = [host.lower() for host in given]
    if len(set(hosts)) < len(hosts):
        raise refusals.invalid(param, "the same host is named twice.")
    return hosts


def _secret_name(value: object, param: str) -> str:
    """The name of the variable that stands for the secret in an environment."""
    text: str = checks.text(pattern="[A-Za-z_][A-Za-z0-9_]*")(value, param)
    if re.fullmatch(reserved.PLACEHOLDER, text):
        raise refusals.invalid(param, "this variable is the platform's own.")
    return text


def _moment(value: object, param: str) -> str:
    """A time with its offset, as RFC 3339 writes it; kept as it was written."""
    text: str = checks.text()(value, param)
    try:
        if _TIME.fullmatch(text):
            datetime.fromisoformat(text)
            return text
    except ValueError:  # the 31st of June
        pass
    raise refusals.invalid(param, "this is no time as in '2026-12-24T18:00:00Z'.")


_HTTPS = checks.text(pattern=r"https://[^\s/]+\S*")
_TEXT = checks.nullable(checks.text(shortest=1))
_EXPIRY = checks.nullable(_moment)
_KEPT_SECRET = checks.nullable(_secret)
"""In an update: null keeps the secret, as leaving it out does."""

_NETWORKING = checks.tagged(
    unrestricted=checks.record(type=shapes.ALWAYS),
    limited=checks.record(required={"type": shapes.ALWAYS, "allowed_hosts": _hosts}),
)
_CLIENT_SECRET = checks.record(required={"type": shapes.ALWAYS, "client_secret": _secret})
_CLIENT = checks.tagged(
    none=checks.record(type=shapes.ALWAYS),
    client_secret_basic=_CLIENT_SECRET,
    client_secret_post=_CLIENT_SECRET,
)
_REFRESH = checks.record(
    required={
        "client_id": checks.text(shortest=1),
        "refresh_token": _secret,
        "token_endpoint": _HTTPS,
        "token_endpoint_auth": _CLIENT,
    },
    resource=_TEXT,
    scope=_TEXT,
)
AUTH = checks.tagged(
    static_bearer=checks.record(
        required={"type": shapes.ALWAYS, "token": _secret, "mcp_server_url": _HTTPS}
    ),
    mcp_oauth=checks.record(
        required={"type": shapes.ALWAYS, "access_token": _secret, "mcp_server_url": _HTTPS},
        expires_at=_EXPIRY,
        refresh=checks.nullable(_REFRESH),
    ),
    environment_variable=checks.record(
        required={
            "type": shapes.ALWAYS,
            "secret_name": _secret_name,
            "secret_value": _secret,
            "networking": _NETWORKING,
        }
    ),
)

_NEW_CLIENT_SECRET = checks.record(type=shapes.ALWAYS, client_secret=_KEPT_SECRET)
ROTATION = checks.tagged(
    static_bearer=checks.record(required={"type": shapes.ALWAYS, "token": _secret}),
    mcp_oauth=checks.record(
        type=shapes.ALWAYS,
        access_token=_KEPT_SECRET,
        expires_at=_EXPIRY,
        refresh=checks.nullable(
            checks.record(
                refresh_token=_KEPT_SECRET,
                scope=_TEXT,
                token_endpoint_auth=checks.nullable(
                    checks.tagged(
                        client_secret_basic=_NEW_CLIENT_SECRET,
                        client_secret_post=_NEW_CLIENT_SECRET,
                    )
                ),
            )
        ),
    ),
    environment_variable=checks.record(required={"type": shapes.ALWAYS, "secret_value": _secret}),
)
"""An update of ``auth``: new secrets for the same method. What it opens can't be changed."""

_SECRETS = frozenset({"token", "access_token", "refresh_token", "client_secret", "secret_value"})
_SHOWN: dict[str, Json] = {
    "static_bearer": {},
    "mcp_oauth": {"expires_at": None, "refresh": None},
    "environment_variable": {},
}


def without_secrets(auth: Json) -> Json:
    """A checked ``auth`` as it is kept and shown."""
    shown = {**_SHOWN[auth["type"]], **_stripped(auth)}
    if shown.get("refresh") is not None:
        shown["refresh"] = {"resource": None, "scope": None, **shown["refresh"]}
    return shown


def _stripped(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _stripped(item) for key, item in value.items() if key not in _SECRETS}


def rotated(auth: Json, sent: Json) -> Json:
    """A kept ``auth`` after a checked rotation; a new access token alone clears its expiry."""
    if sent["type"] != auth["type"]:
        reason = f"this credential is a {auth['type']}; its type can't be changed."
        raise refusals.invalid("auth.type", reason)
    if auth["type"] != "mcp_oauth":
        return auth
    expiry = None if sent.get("access_token") else auth["expires_at"]
    return {
        **auth,
        "expires_at": sent.get("expires_at", expiry),
        "refresh": _refreshed(auth["refresh"], sent.get("refresh")),
    }


def _refreshed(refresh: Json | None, sent: Json | None) -> Json | None:
    if not sent:
        return refresh
    if refresh is None:
        raise refusals.invalid("auth.refresh", "this credential was made without a refresh.")
    client = sent.get("token_endpoint_auth")
    if client and client["type"] != refresh["token_endpoint_auth"]["type"]:
        param = "auth.refresh.token_endpoint_auth.type"
        raise refusals.invalid(param, "how the client says who it is can't be changed.")
    return {**refresh, "scope": sent.get("scope", refresh["scope"])}
