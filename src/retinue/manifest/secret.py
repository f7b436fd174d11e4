"""Secrets: where a manifest may refer to one. The reference is kept; nothing here ever reads it.

A slot takes ``${env:NAME}``, which reading turns into ``{env: NAME}``, or ``{command: […]}``.
"""

from __future__ import annotations

from typing import Any, Final

from retinue.manifest.model import Secret
from retinue.problem import KeyPath

WRITTEN_DOWN: Final = "is written down here, and secrets don't belong in git"
REFER_INSTEAD: Final = (
    "write ${env:NAME}, or {command: [program, argument]}: it is read when it is sent, and kept "
    "nowhere"
)


def is_slot(path: KeyPath) -> bool:
    """Say whether a secret may stand at ``path`` of a manifest."""
    match path:
        case ("environments", _, "variables", _):
            return True
        case ("credentials", _, "token" | "access_token" | "secret_value"):
            return True
        case ("credentials", _, "refresh", "refresh_token"):
            return True
        case ("credentials", _, "refresh", "token_endpoint_auth", "client_secret"):
            return True
        case _:
            return False


def read_secret(value: dict[str, Any]) -> Secret:
    """Read the reference that a slot holds."""
    command = tuple(word for word in value.get("command", ()) if word is not None)
    return Secret(env=value.get("env", ""), command=command)
