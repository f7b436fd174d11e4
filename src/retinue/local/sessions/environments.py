"""Execution environments: what a request may say of one, and what is kept and shown of it.

The embedded platform has no machine for them. An environment that OpenAI would host is kept with
its configuration and is ``failed`` from the start; one of the application's own stays
``disconnected``, because there is nothing that it could connect to. Sessions run without them, and
say so in an event of their own.
"""

from __future__ import annotations

import json

from retinue.local import checks, pages, refusals, shapes
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.ids import new_id
from retinue.local.lookups import require
from retinue.local.sessions import answers, templates

SCHEMA = """
CREATE TABLE IF NOT EXISTS agent_environments (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  type TEXT NOT NULL,
  shown TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS agent_environments_order ON agent_environments (type, created_at);
""" + pages.tombstone_trigger("agent_environments")

_STATUS = {"openai_hosted": "failed", "self_hosted": "disconnected"}
_REASON = {
    "code": "sandbox_error",
    "message": "The embedded platform has no execution environments: the session runs without.",
    "type": "environment_error",
}
_NOWHERE = "wss://environments.invalid/"
_DIRECTORIES = checks.nullable(checks.items(checks.text(shortest=1), most=32), default=[])
_SIZE = checks.choice("small", "medium", "large")


HOSTED: dict[str, checks.Check] = {
    # Null leaves a thing to the template.
    **{key: checks.nullable(check) for key, check in templates.CONFIGURATION.items()},
    "environment_template_id": shapes.ID,
    "capability_directories": _DIRECTORIES,
}
"""How an environment that OpenAI would host is described."""

_BARE: Json = {
    "capability_directories": [],
    "network": {"access": "disabled", "allowed_domains": []},
    "desktop": {"enabled": False},
    "container_size": "medium",
    # What would be installed in one that gets ready.
    "files": [],
    "packages": {"npm": [], "python": [], "system": []},
    "plugins": [],
    "skills": [],
}

_SELF_HOSTED = checks.filled(
    checks.record(
        required={
            "type": shapes.ALWAYS,
            "workspace_directory": checks.text(pattern="/.*"),
        },
        capability_directories=_DIRECTORIES,
    ),
    {"capability_directories": []},
)


def _hosted(value: object, param: str) -> Json:
    given: Json = _HOSTED(value, param)
    if "environment_id" in given and len(given) > len({"type", "environment_id"}):
        reason = "an existing environment can't be combined with a template or a configuration."
        raise refusals.invalid(f"{param}.environment_id", reason)
    return given


_HOSTED = checks.record(HOSTED, type=shapes.ALWAYS, environment_id=shapes.ID, container_size=_SIZE)
CHECK = checks.tagged(
    none=checks.record(type=shapes.ALWAYS), openai_hosted=_hosted, self_hosted=_SELF_HOSTED
)
"""The environment of a session."""


def require_environment(
    connection: Connection, environment_id: str, *, param: str | None = None
) -> Row:
    """The row of an environment, or the API's 404."""
    return require(connection, "agent_environments", "environment", environment_id, param=param)


def check_references(connection: Connection, sent: Json, *, param: str = "") -> None:
    """What a checked request names has to exist: vaults, template, files and skills."""
    before = f"{param}." if param else ""
    for vault_id in sent.get("vault_ids", []):
        require(connection, "vaults", "vault", vault_id, param=f"{before}vault_ids")
    template_id = sent["environment"].get("environment_template_id")
    if template_id is not None:
        at = f"{before}environment.environment_template_id"
        row = require(
            connection, "environment_templates", "environment template", template_id, param=at
        )
        network = json.loads(row["fields"])["network"]
        given = sent["environment"].get("network")
        templates.check_narrower(network, given, f"{before}environment.network")
    templates.check_references(connection, sent["environment"], before=f"{before}environment.")


def provide(connection: Connection, given: Json, now: int) -> Json:
    """The environment that a checked request asks for, as sessions show it; made if need be."""
    kind = given["type"]
    if kind == "none":
        return {"type": "none"}
    if kind == "openai_hosted" and "environment_id" in given:
        param = "environment.environment_id"
        row = require_environment(connection, given["environment_id"], param=param)
        shown: Json = json.loads(row["shown"])
        return shown
    if kind == "self_hosted":
        made = given | {"id": new_id("env_"), "remote_url": _NOWHERE}
    else:
        made = _BARE | _configured(connection, given) | {"id": new_id("env_")}
    connection.execute(
        "INSERT INTO agent_environments (id, created_at, type, shown) VALUES (?, ?, ?, ?)",
        (made["id"], now, kind, json.dumps(made, ensure_ascii=False)),
    )
    return made


def _configured(connection: Connection, given: Json) -> Json:
    """What a request says of an environment that OpenAI would host, and before it its template, as
    it is now."""
    template: Json = {}
    if "environment_template_id" in given:
        template_id = given["environment_template_id"]
        row = require(connection, "environment_templates", "environment template", template_id)
        template = json.loads(row["fields"])
    both = ("network", "desktop", "capability_directories")
    own = ("type", "container_size", *both)
    return {
        **{key: template[key] for key in both if template.get(key) is not None},
        **{key: given[key] for key in own if given.get(key) is not None},
    }


def status(shown: Json) -> str:
    """The status of an environment, as it is shown: none ever gets ready."""
    return _STATUS[shown["type"]]


def told(session_id: str, shown: Json) -> list[Json]:
    """The event that says how it stands with a session's environment."""
    if shown["type"] == "none":
        return []
    known = status(shown)
    state = {"id": shown["id"], "type": shown["type"], "status": known, "error": _REASON}
    kind = f"agent.session.environment.{known}"
    return [answers.event(kind, session_id=session_id, turn_id=None, environment=state)]
