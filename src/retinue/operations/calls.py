"""What an application hands to the SDK to use an assistant: ready keyword arguments.

Reads the state, or a file that ``retinue output --format responses`` wrote; asks no platform.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from retinue.engine.entry import Entry, Snapshot
from retinue.errors import UsageError
from retinue.foreign_json import read_json
from retinue.manifest.suggest import did_you_mean, listed
from retinue.operations.session import state_of
from retinue.project import load_project
from retinue.targets.agents import AGENT, session_of
from retinue.targets.responses import RESPONSE, release_of, request_of


def releases(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Every assistant on the target ``responses`` by name: its release, digest and request."""
    return {
        entry.address.name: {
            "release": release_of(entry.id),
            "digest": entry.values.get("digest"),
            "request": request_of(entry.values),
        }
        for _, entry in sorted(snapshot.entries.items())
        if entry.type == RESPONSE.name
    }


def call_of(entry: Entry) -> dict[str, Any]:
    """The keyword arguments that use one assistant, whatever its target."""
    if entry.type == RESPONSE.name:
        return request_of(entry.values)
    if entry.type == AGENT.name:
        return session_of(entry.values, entry.id)
    return {"assistant_id": entry.id}


def load_call(
    name: str, *, project: str | Path | None, stack: str | None, file: str | Path | None
) -> dict[str, Any]:
    """See `retinue.load`."""
    calls = _from_file(Path(file)) if file is not None else _from_state(project, stack)
    name = name.removeprefix("assistant.")
    if name in calls:
        return copy.deepcopy(calls[name])
    known = f"there are: {listed(calls)}" if calls else ""
    if file is None:
        message, hint = f"there is no applied assistant {name!r}", "apply the manifests first"
        raise UsageError(message, hint=did_you_mean(name, calls, known or hint))
    hint = "; ".join([*filter(None, [known]), _RELEASES_ALONE])
    message = f"{file} holds no assistant {name!r}"
    raise UsageError(message, hint=did_you_mean(name, calls, hint))


def _from_state(project: str | Path | None, stack: str | None) -> dict[str, dict[str, Any]]:
    opened = load_project(Path(project or "."), stack=stack, environ=os.environ)
    entries = state_of(opened).read().entries.values()
    return {e.address.name: call_of(e) for e in entries if e.address.kind == "assistant"}


def _from_file(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found: Mapping[str, Any] = read_json(path.read_text(encoding="utf-8"))
        return {name: dict(item["request"]) for name, item in found.items()}
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint=_WRITE_ONE) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"{path} is not what `retinue output --format responses` writes"
        raise UsageError(message, hint=_WRITE_ONE) from None


_RELEASES_ALONE = (
    "such a file holds the assistants of the target responses alone; one of another target is read "
    "from the state, without file="
)
_WRITE_ONE = "write one with: retinue output --format responses > FILE"
