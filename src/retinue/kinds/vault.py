"""Vaults: named places for credentials. What is in one are resources of their own."""

from __future__ import annotations

from typing import Any

from retinue.kinds.api import Object
from retinue.kinds.base import MARKER, Attribute, Live, Resource, ResourceType, Write
from retinue.kinds.collection import Collection
from retinue.kinds.desired import Context, resource_of
from retinue.kinds.metadata import MARK, METADATA, marked_live, metadata_to_send, touches_metadata
from retinue.manifest.model import Vault

VAULT = ResourceType(
    name="vault",
    kind="vault",
    title="vault",
    attributes={
        "name": Attribute(default=None),
        "metadata": METADATA,
        MARKER: MARK,
    },
)


def compile_vault(vault: Vault, context: Context) -> Resource:
    """Turn a declared vault into what the engine compares."""
    values = {**vault.fields, MARKER: context.owner.mark(vault.address)}
    return resource_of(vault, VAULT, values)


class VaultAdapter(Collection):
    """Reads and writes ``/vaults``. Deleting one deletes its credentials, too."""

    type = VAULT
    path = "/vaults"

    def live(self, item: Object) -> Live:
        return marked_live(item, {"name": item.get("name")})

    async def create(self, write: Write) -> Live:
        body = {"name": write.values.get("name"), "metadata": metadata_to_send(write)}
        return self.live(await self._api.create(self.path, body))

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        body: dict[str, Any] = {n: write.values[n] for n in write.changed & {"name"}}
        if touches_metadata(write):
            body["metadata"] = metadata_to_send(write, live)
        return self.live(await self._api.change(f"{self.path}/{object_id}", body))
