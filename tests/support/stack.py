"""A stack without its engine: resources are applied one by one, through the real client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.recorder import OWNER, PLACES, PLAIN, context, opened

from retinue.address import Address
from retinue.engine.diff import compare
from retinue.kinds.automation import compile_automation
from retinue.kinds.base import Adapter, Live, Resource, Write, computed_values
from retinue.kinds.credential import compile_credential
from retinue.kinds.environment import compile_environment
from retinue.kinds.marker import Marker
from retinue.kinds.skill import compile_skill
from retinue.kinds.values import Values, resolve, unsealed
from retinue.kinds.vault import compile_vault
from retinue.manifest.model import Automation, Credential, Environment, ExternalId, Skill, Vault
from retinue.platform.client import PlatformClient
from retinue.uploads import read_uploads


@dataclass
class Stack:
    """What the state of a stack would remember, and the platform."""

    client: PlatformClient
    applied: dict[Address, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    async def apply(self, adapter: Adapter, resource: Resource) -> list[str]:
        """Make the object what the resource says, as the engine does; the attributes sent."""
        wanted: Values = resolve(resource.values, self._id_of)
        if resource.address not in self.applied:
            late = {n for n, a in adapter.type.attributes.items() if a.after_create} & set(wanted)
            made = await adapter.create(self._write(resource, wanted, set(wanted) - late))
            if any(wanted[name] for name in late):
                await adapter.update(made.id, self._write(resource, wanted, late), made)
            self._record(adapter, resource, made, wanted)
            return sorted(wanted)
        live, names, after = await self.look(adapter, resource)
        if names:
            write = self._write(resource, after, set(names))
            live = await adapter.update(live.id, write, live)
        kept = {name: value for name, value in after.items() if name in wanted}
        self._record(adapter, resource, live, kept)
        return names

    async def look(self, adapter: Adapter, resource: Resource) -> tuple[Live, list[str], Values]:
        """The object as it is, what differs, and what it should be."""
        wanted: Values = resolve(resource.values, self._id_of)
        object_id, applied = self.applied[resource.address]
        live = await adapter.read(object_id)
        assert live is not None
        listed = [each async for page in adapter.pages() for each in page if each.id == live.id]
        assert [each.values for each in listed] == [live.values]
        found = compare(resource, wanted, applied, live.values)
        assert not any(delta.forces_replacement for delta in found.deltas)
        return live, [delta.name for delta in found.deltas], found.after

    def _id_of(self, address: Address) -> str:
        return self.applied[address][0]

    def _write(self, resource: Resource, values: Values, names: set[str]) -> Write:
        return Write(
            address=resource.address,
            values=unsealed(values, opened),
            changed=frozenset(names),
            marker=Marker(OWNER, resource.address, "op"),
            upload=resource.upload,
        )

    def _record(self, adapter: Adapter, resource: Resource, live: Live, values: Values) -> None:
        recorded = {**values, **computed_values(adapter.type, live)}
        self.applied[resource.address] = live.id, recorded

    async def settles(self, adapter: Adapter, resource: Resource) -> list[str]:
        """Apply, and make sure that nothing is left to do."""
        sent = await self.apply(adapter, resource)
        _, left, _ = await self.look(adapter, resource)
        assert left == []
        return sent


# --- What is declared --------------------------------------------------------------------------


def a_vault(key: str = "keys", **fields: Any) -> Resource:
    vault = Vault(
        address=Address("vault", key),
        fields={"name": key, **fields},
        lifecycle=PLAIN,
        places=PLACES,
    )
    return compile_vault(vault, context())


def a_credential(auth: Mapping[str, Any], **fields: Any) -> Resource:
    credential = Credential(
        address=Address("credential", "key"),
        vault=Address("vault", "keys"),
        fields={"name": "Key", **fields},
        auth=auth,
        lifecycle=PLAIN,
        places=PLACES,
    )
    return compile_credential(credential, context())


def an_environment(fields: Mapping[str, Any] | None = None, **parts: Any) -> Resource:
    environment = Environment(
        address=Address("environment", "lab"),
        fields={"name": "Lab", **(fields or {})},
        lifecycle=PLAIN,
        places=PLACES,
        **{**dict.fromkeys(("files", "skills", "plugins", "variables")), **parts},
    )
    return compile_environment(environment, context())


def a_skill(folder: Path, text: str, description: str = "How to cite") -> Resource:
    address = Address("skill", "citing")
    folder.mkdir(exist_ok=True)
    head = f"---\nname: citing\ndescription: {description}\n---\n"
    (folder / "SKILL.md").write_text(f"{head}{text}\n")
    asked = (folder, "skill", ("SKILL.md",))
    (upload,) = read_uploads([], folder.parent / "hashes.json", folders=[asked])
    skill = Skill(
        address=address,
        path=folder,
        shown="skill",
        files=("SKILL.md",),
        title="citing",
        description=description,
        lifecycle=PLAIN,
        places=PLACES,
    )
    return compile_skill(skill, context({address: upload}))


def an_automation(agent: str, **more: Any) -> Resource:
    parts: dict[str, Any] = {
        "schedule": {"type": "periodic", "expression": "0 8 * * 1", "timezone": "UTC"},
        "prompt": "Ask",
        **more,
    }
    automation = Automation(
        address=Address("automation", "quiz"),
        fields={"name": "Quiz"},
        assistant=ExternalId("assistant", agent),
        lifecycle=PLAIN,
        places=PLACES,
        **parts,
    )
    return compile_automation(automation, context())
