"""Environment templates: what requests may say of one, and what is kept and shown of it.

What is never returned (variables, setup commands, blocked domains, contents of inline files and
archives) is checked and dropped, for nothing here is ever made from a template. Source of the
rules: the types of OpenAI's SDK 3.52.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from retinue import reserved
from retinue.local import checks, refusals, shapes
from retinue.local.calls import Json
from retinue.local.database import Connection
from retinue.local.lookups import require

_MOST_FILES = 50
_MOST_INLINE = 5 * 1024 * 1024
_MOST_INLINE_TOGETHER = 10 * 1024 * 1024
_MOST_REFERENCED = 50 * 1024 * 1024
_LONGEST_FILE, _LONGEST_ARCHIVE = 6_990_508, 70_254_592
"""Characters of base64."""
_MOST_PLUGINS = 32
_HOST = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*"
_WORKSPACE = r"/workspace(/(?!\.\.?(/|$))[^/\x00]+)+"


def _list(check: checks.Check, *, most: int) -> checks.Check:
    return checks.nullable(checks.items(check, most=most), default=[])


_DOMAINS = _list(checks.text(pattern=_HOST, longest=253), most=100)
_PACKAGES = _list(checks.text(shortest=1), most=1000)
_PATH = checks.text(pattern=_WORKSPACE)
_BREADTH = ("disabled", "restricted", "enabled")
_NETWORK = checks.record(
    required={"access": checks.choice(*_BREADTH)},
    allowed_domains=_DOMAINS,
    blocked_domains=_DOMAINS,
)


def _network(value: object, param: str) -> Json:
    sent = _NETWORK(value, param)
    allowed, blocked = sent.get("allowed_domains", []), sent.get("blocked_domains", [])
    restricted = sent["access"] == "restricted"
    if not restricted and (allowed or blocked):
        reason = "domains can be named with access 'restricted' alone."
        raise refusals.invalid(f"{param}.access", reason)
    if restricted and bool(allowed) == bool(blocked):
        reason = "restricted access needs either allowed or blocked domains, and not both."
        raise refusals.invalid(f"{param}.allowed_domains", reason)
    return {"access": sent["access"], "allowed_domains": [domain.lower() for domain in allowed]}


def _decoded(value: object, param: str, longest: int) -> bytes:
    """The bytes that standard base64 stands for."""
    text: str = checks.text(longest=longest)(value, param)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refusals.invalid(param, "this is not standard base64.") from None


def _size(value: object, param: str) -> int:
    """All that is kept of an inline file: its size in bytes."""
    size = len(_decoded(value, param, _LONGEST_FILE))
    if size > _MOST_INLINE:
        raise refusals.invalid(param, f"an inline file has at most {_MOST_INLINE} bytes.")
    return size


def _zip(value: object, param: str) -> None:
    """An archive. Nobody installs it here, so that nobody has to look into it."""
    if not _is_zip(_decoded(value, param, _LONGEST_ARCHIVE)):
        raise refusals.invalid(param, "this is not a zip archive.")


def _is_zip(data: bytes) -> bool:
    try:
        return zipfile.is_zipfile(io.BytesIO(data))
    except zipfile.BadZipFile:  # a part of an archive on several disks
        return False


_FILE = checks.tagged(
    file_id=checks.record(required={"type": shapes.ALWAYS, "file_id": shapes.ID, "path": _PATH}),
    inline=checks.record(required={"type": shapes.ALWAYS, "data": _size, "path": _PATH}),
)


def _files(value: object, param: str) -> list[Json]:
    sent = _list(_FILE, most=_MOST_FILES)(value, param)
    paths = [file["path"] for file in sent]
    if len(set(paths)) < len(paths):
        raise refusals.invalid(param, "two files have the same path.")
    if sum(file.get("data", 0) for file in sent) > _MOST_INLINE_TOGETHER:
        reason = f"inline files have at most {_MOST_INLINE_TOGETHER} bytes together."
        raise refusals.invalid(param, reason)
    return [_shown_file(file) for file in sent]


def _shown_file(file: Json) -> Json:
    if file["type"] == "file_id":
        return file
    return {"type": "inline", "path": file["path"], "size_bytes": file["data"]}


_ARCHIVE = checks.record(
    required={
        "type": shapes.ALWAYS,
        "name": checks.text(shortest=1),
        "description": checks.text(shortest=1),
        "source": checks.record(
            required={
                "type": checks.choice("base64"),
                "media_type": checks.choice("application/zip"),
                "data": _zip,
            }
        ),
    }
)


def _archive(value: object, param: str) -> Json:
    """A skill or plugin given as a whole: what is in it is never returned."""
    sent = _ARCHIVE(value, param)
    return {key: sent[key] for key in ("type", "name", "description")}


_VERSION = checks.nullable(checks.text(pattern="[1-9][0-9]*|latest"))
_SKILL = checks.tagged(
    skill_reference=checks.record(
        required={"type": shapes.ALWAYS, "skill_id": shapes.ID}, version=_VERSION
    ),
    inline=_archive,
)


def _skill(value: object, param: str) -> Json:
    sent: Json = _SKILL(value, param)
    return sent if sent["type"] == "inline" else {"version": None, **sent}


def _variables(value: object, param: str) -> None:
    """Checked and forgotten: they are never returned."""
    sent = checks.pairs(checks.text(), most=1000, longest_key=1024)(value, param)
    for name, content in sent.items():
        if re.fullmatch(reserved.VARIABLE, name):
            raise refusals.invalid(f"{param}.{name}", "this variable is the platform's own.")
        if not name or "=" in name or "\0" in name + content:
            raise refusals.invalid(f"{param}.{name}", "no environment can hold such a variable.")


_COMMANDS = checks.items(
    checks.record(
        required={"command": checks.text(shortest=1)},
        cwd=checks.nullable(checks.text(pattern="/.*")),
    ),
    most=100,
)


def _commands(value: object, param: str) -> None:
    """Checked and forgotten, like variables."""
    _COMMANDS(value, param)


_NO_PACKAGES: Mapping[str, Any] = {"npm": [], "python": [], "system": []}
_DEFAULT_NETWORK: Json = {"access": "disabled", "allowed_domains": []}
DEFAULTS: Json = {
    "name": None,
    "network": _DEFAULT_NETWORK,
    "packages": dict(_NO_PACKAGES),
    "files": [],
    "skills": [],
    "plugins": [],
    "capability_directories": [],
    "desktop": None,
}
"""A template of which nothing is said."""

CONFIGURATION: Mapping[str, checks.Check] = {
    "network": checks.nullable(_network, default=_DEFAULT_NETWORK),
    "packages": checks.nullable(
        checks.filled(
            checks.record(npm=_PACKAGES, python=_PACKAGES, system=_PACKAGES), _NO_PACKAGES
        ),
        default=dict(_NO_PACKAGES),
    ),
    "files": _files,
    "skills": _list(_skill, most=200),
    "plugins": _list(checks.tagged(inline=_archive), most=_MOST_PLUGINS),
    "capability_directories": _list(checks.text(shortest=1), most=32),
    "desktop": checks.nullable(checks.record(required={"enabled": checks.flag})),
    "env": checks.nullable(_variables),
    "setup_commands": checks.nullable(_commands),
}
"""What templates, sessions and automations say alike of an environment that OpenAI would host."""

CHECK = checks.record(CONFIGURATION, name=checks.nullable(checks.text(shortest=1)))
"""The body of a create, and of an update, which keeps what it leaves out."""


def kept(sent: Json) -> Json:
    """What is stored of a checked request."""
    return {key: value for key, value in sent.items() if key in DEFAULTS}


def check_references(connection: Connection, sent: Json, *, before: str = "") -> None:
    """The files and skills that a checked configuration names have to exist. ``before`` is the path
    of the configuration in its request, e.g. "environment."."""
    for index, file in enumerate(sent.get("files") or ()):
        if file["type"] == "file_id":
            _check_file(connection, file["file_id"], f"{before}files[{index}].file_id")
    for index, skill in enumerate(sent.get("skills") or ()):
        if skill["type"] == "skill_reference":
            param = f"{before}skills[{index}].skill_id"
            require(connection, "skills", "skill", skill["skill_id"], param=param)


def check_narrower(template: Json, given: Json | None, param: str) -> None:
    """A network that a session gives itself can't be broader than its template's."""
    if given is None:
        return
    wider = _BREADTH.index(given["access"]) > _BREADTH.index(template["access"])
    if given["access"] == "restricted" and template["allowed_domains"]:
        named = given["allowed_domains"]
        wider = not named or not set(named) <= set(template["allowed_domains"])
    if wider:
        raise refusals.invalid(param, "this is broader than what the template allows.")


def _check_file(connection: Connection, file_id: str, param: str) -> None:
    row = require(connection, "files", "file", file_id, param=param)
    if row["bytes"] > _MOST_REFERENCED:
        reason = f"a file in an environment has at most {_MOST_REFERENCED} bytes."
        raise refusals.invalid(param, reason)
