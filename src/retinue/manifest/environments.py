"""Building environments: references resolved, places of files, secrets kept as references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from retinue.manifest.context import Context, Declaration
from retinue.manifest.files import lifecycle
from retinue.manifest.model import (
    Environment,
    EnvironmentFile,
    ExternalId,
    File,
    Json,
    Reference,
    Secret,
    SkillUse,
)
from retinue.manifest.references import named, refer, report_twice
from retinue.manifest.schema_agents import ENVIRONMENT_FIELDS
from retinue.manifest.secret import read_secret

MAX_FILE_BYTES: Final = 50 * 1024 * 1024


def build_environments(context: Context) -> None:
    """Add every declared environment."""
    for owner in context.of_kind("environment"):
        context.resources[owner.address] = Environment(
            address=owner.address,
            fields=_fields(owner),
            files=tuple(_files(context, owner)) if "files" in owner.value else None,
            skills=tuple(_skills(context, owner)) if "skills" in owner.value else None,
            variables=_variables(owner),
            lifecycle=lifecycle(owner.value),
            places=owner.places,
        )


def _fields(owner: Declaration) -> dict[str, Json]:
    fields = owner.pick(ENVIRONMENT_FIELDS)
    if "setup_commands" in fields:
        commands = (each for each in fields["setup_commands"] if each is not None)
        fields["setup_commands"] = [
            {"command": each} if isinstance(each, str) else each for each in commands
        ]
    return {"name": owner.address.name, **fields}


def _files(context: Context, owner: Declaration) -> Iterator[EnvironmentFile]:
    taken: set[str] = set()
    for index, entry in enumerate(owner.value["files"]):
        if not entry or "file" not in entry or "path" not in entry:
            continue
        path = entry["path"]
        if path in taken:
            place = owner.places.at("files", index, "path")
            message = f"two files are to be {path}"
            context.report("DUPLICATE-FILE", place, message, "give each a path of its own")
        taken.add(path)
        file = refer(context, owner, "file", entry["file"], "files", index, "file")
        if file is not None:
            _check_size(context, owner, file, index)
            yield EnvironmentFile(path, file)


def _check_size(context: Context, owner: Declaration, file: Reference, index: int) -> None:
    known = context.resources.get(file) if not isinstance(file, ExternalId) else None
    if not isinstance(known, File):
        return
    size = known.path.stat().st_size
    if size > MAX_FILE_BYTES:
        context.report(
            "FILE-SIZE",
            owner.places.at("files", index, "file"),
            f"{known.shown} has {size:,} bytes; an environment takes files of at most "
            f"{MAX_FILE_BYTES:,} (50 MiB)",
            "split it",
        )


def _skills(context: Context, owner: Declaration) -> Iterator[SkillUse]:
    seen: set[Reference] = set()
    for index, entry in enumerate(owner.value["skills"]):
        if not entry:
            continue
        skill = _skill(context, owner, entry, index)
        if skill in seen:
            report_twice(context, owner, "skill", "skills", index)
        elif skill is not None:
            seen.add(skill)
            version = entry.get("version") if isinstance(entry, dict) else None
            yield SkillUse(skill, None if version is None else str(version))


def _skill(context: Context, owner: Declaration, entry: Any, index: int) -> Reference | None:
    if isinstance(entry, str):
        return named(context, owner, "skill", entry, "skills", index)
    if "id" in entry:
        return ExternalId("skill", entry["id"])
    if "skill" in entry:
        return named(context, owner, "skill", entry["skill"], "skills", index, "skill")
    return None


def _variables(owner: Declaration) -> dict[str, str | Secret] | None:
    if "variables" not in owner.value:
        return None
    return {
        name: value if isinstance(value, str) else read_secret(value)
        for name, value in owner.value["variables"].items()
    }
