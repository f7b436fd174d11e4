"""Vector stores: the store object, and which files are attached to it.

A store keeps its ID; it only receives what was added and loses what was removed, in this order.
Attachments carry a mark of their own (the file's address and content), because files can't.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from retinue.address import Address
from retinue.kinds.api import Object
from retinue.kinds.attachments import attach, detach, fits, mark_of, read_mark, set_attributes
from retinue.kinds.base import MARKER, Attribute, Live, Resource, ResourceType, Write
from retinue.kinds.collection import PAGE, Collection
from retinue.kinds.desired import Context, leaf, resource_of
from retinue.kinds.marker import without_marker
from retinue.kinds.metadata import MARK, METADATA, marked_live, metadata_to_send, touches_metadata
from retinue.kinds.values import Unknown
from retinue.manifest.model import StoreFile, VectorStore


def _by_id(files: Any) -> Any:
    """Attachments in their normal form: order and content digest don't count."""
    rows = [
        (
            str(f["id"].address) if isinstance(f["id"], Unknown) else f["id"],
            f.get("file"),
            f.get("attributes"),
        )
        for f in files or ()
    ]
    return sorted(rows, key=lambda row: (str(row[0]), str(row[1])))


def _named_attributes(live: Any, wanted: Any, applied: Any) -> Any:
    """Keep the attributes of those attachments only whose attributes somebody named."""
    named = {
        item["id"]
        for item in (*(wanted or ()), *(applied or ()))
        if "attributes" in item and isinstance(item["id"], str)
    }
    return [
        item if item["id"] in named else {k: v for k, v in item.items() if k != "attributes"}
        for item in live or ()
    ]


VECTOR_STORE = ResourceType(
    name="vector_store",
    kind="vector_store",
    title="vector store",
    lists_in_part=True,
    attributes={
        "name": Attribute(default=None),
        "description": Attribute(default=None, immutable=True, write_only=True),
        "expires_after": Attribute(default=None),
        "chunking_strategy": Attribute(default=None, write_only=True, after_create=True),
        "metadata": METADATA,
        "files": Attribute(
            default=[], after_create=True, normalise=_by_id, reduce=_named_attributes
        ),
        MARKER: MARK,
    },
)


def compile_vector_store(store: VectorStore, context: Context) -> Resource:
    """Turn a declared store into what the engine compares."""
    values: dict[str, Any] = dict(store.fields)
    values[MARKER] = context.owner.mark(store.address)
    if store.files is not None:
        values["files"] = [_attachment(file, context) for file in store.files]
    # Attaching somebody else's file shows whether it is there, and the store's list does later.
    uses = (file.file for file in store.files or () if isinstance(file.file, Address))
    return resource_of(store, VECTOR_STORE, values, uses=uses)


def _attachment(item: StoreFile, context: Context) -> dict[str, Any]:
    value: dict[str, Any] = {"id": leaf(item.file)}
    if isinstance(item.file, Address):
        file, sha256 = str(item.file), context.uploads[item.file].sha256
        if fits(mark_of(context.owner, file, sha256)):
            value.update(file=file, sha256=sha256)
    if item.attributes is not None:
        value["attributes"] = dict(item.attributes)
    return value


class VectorStoreAdapter(Collection):
    """Reads and writes ``/vector_stores`` and the files attached to each."""

    type = VECTOR_STORE
    path = "/vector_stores"

    def live(self, item: Object) -> Live:
        values = {"name": item.get("name"), "expires_after": item.get("expires_after")}
        return marked_live(item, values)

    async def complete(self, live: Live) -> Live:
        files: list[Object] = []
        async for page in self._api.pages(f"{self.path}/{live.id}/files", size=PAGE):
            files.extend(page)
        attached = [_attached(item) for item in files if item.get("status") != "failed"]
        raw = {**live.raw, "files": files}
        return replace(live, values={**live.values, "files": attached}, raw=raw)

    async def read(self, object_id: str) -> Live | None:
        found = await super().read(object_id)
        return None if found is None else await self.complete(found)

    async def create(self, write: Write) -> Live:
        fields = ("name", "description", "expires_after")
        body: dict[str, Any] = {n: write.values[n] for n in fields if n in write.changed}
        body["metadata"] = metadata_to_send(write)
        return self.live(await self._api.create(self.path, body))

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        updatable = ("name", "expires_after")
        body: dict[str, Any] = {n: write.values[n] for n in updatable if n in write.changed}
        if touches_metadata(write):
            body["metadata"] = metadata_to_send(write, live)
        if body:
            await self._api.change(f"{self.path}/{object_id}", body)
        if write.changed & {"files", "chunking_strategy"}:
            await self._set_files(object_id, write, live)
        return live

    async def _set_files(self, store: str, write: Write, live: Live) -> None:
        """Attach first, detach last, so that nothing is missing in between."""
        owner = write.marker.owner
        applied = write.applied.get("files") or ()
        named = {item["id"] for item in applied if "attributes" in item}
        wanted = {
            item["id"]: {"attributes": {}, **item} if item["id"] in named else item
            for item in write.values.get("files") or ()
        }
        present = {item["id"]: item for item in live.raw.get("files", ())}
        failed = [i for i, item in present.items() if item.get("status") == "failed"]
        again = list(present) if "chunking_strategy" in write.changed else failed
        for file_id in again:
            if file_id in wanted:
                await detach(self._api, store, file_id)
        fresh = [item for i, item in wanted.items() if i not in present or i in again]
        strategy = write.values.get("chunking_strategy")
        await attach(self._api, store, fresh, owner, strategy)
        for file_id, item in wanted.items():
            if file_id in present and file_id not in again:
                await set_attributes(self._api, store, item, owner, present[file_id])
        if "files" in write.values:
            for file_id in present:
                if file_id not in wanted:
                    await detach(self._api, store, file_id)


def _attached(item: Object) -> dict[str, Any]:
    """One attachment as a value; the file's address and digest come from its mark."""
    attributes: Mapping[str, Any] = item.get("attributes") or {}
    value: dict[str, Any] = {"id": item["id"], "attributes": without_marker(attributes)}
    mark = read_mark(item)
    if mark is not None:
        value.update(file=mark.file, sha256=mark.sha256)
    return value
