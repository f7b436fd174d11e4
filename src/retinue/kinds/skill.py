"""Skills: folders with a SKILL.md. A changed folder is a new version, which becomes the default.

The platform returns no checksum of a version, but a version never changes: which of them is the
default one tells what is served, and the state tells what is in it. No zip is ever downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retinue.kinds.api import Object
from retinue.kinds.base import Attribute, Live, Resource, ResourceType, Upload, Write
from retinue.kinds.collection import Collection, unmarked_live
from retinue.kinds.desired import Context, resource_of
from retinue.manifest.model import Skill

SKILL = ResourceType(
    name="skill",
    kind="skill",
    title="skill",
    marked=False,
    signature=("name",),
    attributes={
        # Name and description are part of the content: if they differ on the platform, then so
        # does the default version, and to put that back is all that is needed. Nothing says that
        # a version may have another name than its skill, so another name is another skill.
        "name": Attribute(immutable=True, write_only=True),
        "description": Attribute(write_only=True),
        "content": Attribute(write_only=True),
        "version": Attribute(computed=True),
    },
)

_PARTS = {"content": ("content", "description", "version")}


def compile_skill(skill: Skill, context: Context) -> Resource:
    """Turn a declared skill into what the engine compares."""
    upload = context.uploads[skill.address]
    values = {
        "name": skill.title,
        "description": skill.description,
        "content": [{"path": path, "sha256": sha256} for path, sha256 in _files(upload).items()],
    }
    return resource_of(skill, SKILL, values, parts=_PARTS, upload=upload)


def _files(upload: Upload) -> Mapping[str, str]:
    assert upload.files is not None, "a skill is made from its folder"
    return upload.files


class SkillAdapter(Collection):
    """Reads and writes ``/skills`` and their versions. Versions of the past are kept."""

    type = SKILL
    path = "/skills"

    def live(self, item: Object) -> Live:
        values = {
            "name": item.get("name"),
            "description": item.get("description"),
            "content": None,  # so that what is taken over gets the content of the manifest
            "version": item.get("default_version"),
        }
        return unmarked_live(item, values)

    async def create(self, write: Write) -> Live:
        return self.live(await self._send(self.path, write))

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        """Point to the version that is wanted; send it where it does not exist (any more).

        Where the answer is lost, a version may stay that nobody points to.
        """
        path = f"{self.path}/{object_id}"
        version = write.values.get("version")
        same = write.changed <= {"version"} and version is not None
        if not same or await self._api.find(f"{path}/versions/{version}") is None:
            made = await self._send(f"{path}/versions", write)
            version = made["version"]
        answer = await self._api.change(path, {"default_version": version})
        return self.live({**live.raw, **answer})

    async def _send(self, path: str, write: Write) -> Object:
        assert write.upload is not None, "a skill is sent as its folder"
        no_fields: dict[str, Any] = {}
        name = str(write.values["name"])
        return await self._api.upload(path, no_fields, write.upload, f"{name}.zip")
