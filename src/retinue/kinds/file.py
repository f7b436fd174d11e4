"""Files: uploaded once, never changed. The content is the identity; it lives in the state.

The platform returns no checksum, so SHA-256 is compared with what we applied; a changed file is a
new object that is swapped in before the old one is deleted.
"""

from __future__ import annotations

from typing import Any

from retinue.kinds.api import Object
from retinue.kinds.base import Attribute, Live, Resource, ResourceType, Write
from retinue.kinds.collection import Collection, unmarked_live
from retinue.kinds.desired import Context, resource_of
from retinue.manifest.model import File

_SHOWN = ("filename", "purpose", "bytes")
"""What the platform says of a file, of all that it was told."""

PAGE = 1000
"""Files a list page; the platform allows 10,000, which is slower than it is useful."""

FILE = ResourceType(
    name="file",
    kind="file",
    title="file",
    marked=False,
    signature=("filename", "bytes", "purpose"),
    attributes={
        "filename": Attribute(immutable=True),
        "purpose": Attribute(immutable=True),
        "bytes": Attribute(immutable=True),
        "sha256": Attribute(immutable=True, write_only=True),
        "expires_after": Attribute(immutable=True, write_only=True),
    },
)

_PARTS = {"content": ("bytes", "sha256")}


def compile_file(file: File, context: Context) -> Resource:
    """Turn a declared file into what the engine compares."""
    upload = context.uploads[file.address]
    values = {
        "filename": file.path.name,
        **file.fields,
        "bytes": upload.size,
        "sha256": upload.sha256,
    }
    return resource_of(file, FILE, values, parts=_PARTS, upload=upload)


class FileAdapter(Collection):
    """Reads and writes ``/files``."""

    type = FILE
    path = "/files"
    page_size = PAGE

    def live(self, item: Object) -> Live:
        return unmarked_live(item, {name: item.get(name) for name in _SHOWN})

    async def create(self, write: Write) -> Live:
        assert write.upload is not None, "a file is created from its content"
        fields: dict[str, Any] = {"purpose": write.values["purpose"]}
        expiry = write.values.get("expires_after") or {}
        fields.update({f"expires_after[{key}]": value for key, value in expiry.items()})
        name = str(write.values["filename"])
        return self.live(await self._api.upload(self.path, fields, write.upload, name))

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        del write, object_id
        return live  # every attribute is immutable: there is nothing that an update could send
