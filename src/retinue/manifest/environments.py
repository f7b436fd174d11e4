"""Building environments: references resolved, places of files, secrets kept as references."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from retinue.manifest.context import Context, Declaration
from retinue.manifest.files import lifecycle
from retinue.manifest.model import (
    Environment,
    EnvironmentFile,
    ExternalId,
    File,
    InlineFile,
    Json,
    Reference,
    Secret,
    SkillUse,
)
from retinue.manifest.plugins import plugins_of
from retinue.manifest.references import external, named, refer, report_twice
from retinue.manifest.schema_agents import ENVIRONMENT_FIELDS
from retinue.manifest.secret import read_secret
from retinue.problem import Place

MAX_FILE_BYTES: Final = 50 * 1024 * 1024
MAX_INLINE_BYTES: Final = 5 * 1024 * 1024
MAX_INLINE_TOGETHER: Final = 10 * 1024 * 1024


def build_environments(context: Context) -> None:
    """Add every declared environment."""
    for owner in context.of_kind("environment"):
        context.resources[owner.address] = Environment(
            address=owner.address,
            fields=_fields(owner),
            files=tuple(_files(context, owner)) if "files" in owner.value else None,
            skills=tuple(_skills(context, owner)) if "skills" in owner.value else None,
            plugins=tuple(plugins_of(context, owner)) if "plugins" in owner.value else None,
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


def _files(context: Context, owner: Declaration) -> Iterator[EnvironmentFile | InlineFile]:
    taken: set[str] = set()
    together = 0
    for index, entry in enumerate(owner.value["files"]):
        if not entry or "path" not in entry or not entry.keys() & {"file", "inline"}:
            continue
        path = entry["path"]
        if path in taken:
            place = owner.places.at("files", index, "path")
            message = f"two files are to be {path}"
            context.report("DUPLICATE-FILE", place, message, "give each a path of its own")
        taken.add(path)
        if "inline" in entry:
            inline = _inline(context, owner, entry, index)
            if inline is not None:
                together += inline.source.stat().st_size
                yield inline
            continue
        file = refer(context, owner, "file", entry["file"], "files", index, "file")
        if file is not None:
            _check_size(context, owner, file, index)
            yield EnvironmentFile(path, file)
    if together > MAX_INLINE_TOGETHER:
        what = "the inline files together have"
        place = owner.places.at("files")
        _report_inline(context, place, what, together, MAX_INLINE_TOGETHER)


def _inline(
    context: Context, owner: Declaration, entry: dict[str, Any], index: int
) -> InlineFile | None:
    located = context.locate(owner, entry["inline"], "files", index, "inline")
    if located is None:
        return None
    context.text(located)  # which tells of a key in it; it need not be text
    source = Path(located.path)
    size = source.stat().st_size
    if size > MAX_INLINE_BYTES:
        place = owner.places.at("files", index, "inline")
        _report_inline(context, place, f"{located.shown} has", size, MAX_INLINE_BYTES)
    return InlineFile(entry["path"], source, located.shown)


def _report_inline(context: Context, place: Place, what: str, size: int, most: int) -> None:
    message = f"{what} {size:,} bytes; inline, an environment takes at most {most:,}"
    context.report("FILE-SIZE", place, message, "let it be uploaded: write file: {path: …}")


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
        return external(context, owner, "skill", entry["id"], "skills", index, "id")
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
