"""From records to drafts: which assistants are new, what they are called, what they say. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from retinue.address import Address
from retinue.manifest import keys
from retinue.operations.dumps.bodies import Unfit, manifest_of
from retinue.operations.dumps.known import Known
from retinue.operations.dumps.modern import modern
from retinue.operations.dumps.records import Flaw, Haul, Record
from retinue.operations.dumps.report import Remark, Taken
from retinue.operations.dumps.secrets import redacted
from retinue.operations.dumps.seen import Seen
from retinue.operations.naming import free_address


@dataclass(slots=True)
class Draft:
    """An assistant on its way to a manifest."""

    record: Record
    address: Address
    document: dict[str, Any]
    remarks: list[Remark]

    @property
    def body(self) -> dict[str, Any]:
        """What the manifest says of the assistant."""
        found: dict[str, Any] = self.document["assistants"][self.address.name]
        return found

    @property
    def functions(self) -> list[dict[str, Any]]:
        """The definitions that stand in its tools."""
        tools = self.body.get("tools", ())
        return [tool["function"] for tool in tools if isinstance(tool.get("function"), dict)]


@dataclass(slots=True)
class Drafts:
    """Every draft, what is declared already, and what can't be drafted. ``addresses`` are those
    that nobody else can have any more."""

    addresses: set[Address]
    new: list[Draft] = field(default_factory=list)
    declared: list[Taken] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)


def draft_all(haul: Haul, known: Known) -> Drafts:
    """A draft for every assistant in ``haul`` that is not declared."""
    drafts = Drafts(set(known.addresses))
    drafter = _Drafter(haul, known, drafts)
    for record, remarks in _once_each(haul):
        drafter.add(record, remarks)
    return drafts


def origin_key(record: Record) -> str:
    """What stands for a record from one import to the next."""
    return record.object_id or str(record.origin)


def taken(record: Record, address: Address, **more: Any) -> Taken:
    """What the report says of a record."""
    return Taken(
        address=address,
        object_id=record.object_id,
        name=_name(record),
        origin=record.origin,
        **more,
    )


def _name(record: Record) -> str:
    name = record.values.get("name")
    return name if isinstance(name, str) else ""


def _once_each(haul: Haul) -> Iterator[tuple[Record, list[Remark]]]:
    """Assistants that stand there several times, as in overlapping pages, once: the last."""
    versions: dict[str, list[Record]] = {}
    for record in haul.of("assistant"):
        versions.setdefault(origin_key(record), []).append(record)
    for found in versions.values():
        last = found[-1]
        message = f"given {len(found)} times, and not always the same: the last one counts"
        differ = any(each.values != last.values for each in found)
        yield last, [Remark("changed", "", message)] if differ else []


class _Drafter:
    """Drafts manifests, one after another."""

    def __init__(self, haul: Haul, known: Known, drafts: Drafts) -> None:
        self._seen = Seen(haul)
        self._known = known
        self._drafts = drafts

    def add(self, record: Record, remarks: list[Remark]) -> None:
        """Draft the manifest of one assistant, or say why there is none."""
        values, secrets = redacted({**record.values, **self._seen.files_of(record)})
        record = replace(record, values=values, label=keys.redacted(record.label))
        manifest = self._known.by_origin(origin_key(record))
        if manifest is not None:
            address = self._known.named_by(manifest) or self._address(record, again=True)
            self._drafts.declared.append(taken(record, address, declared=manifest))
            return
        draft = self._draft(record, [*remarks, *map(_secret, secrets)])
        same = self._known.alike(draft.body) if draft is not None else None
        if same is not None:
            place = same.places.at().file
            self._drafts.declared.append(taken(record, same.address, declared=place))
        elif draft is not None:
            self._keep(draft)

    def _draft(self, record: Record, remarks: list[Remark]) -> Draft | None:
        model = record.values.get("model")
        if not isinstance(model, str) or not model:
            self._flaw(record, "the assistant has no model", "add model: … to it")
            return None
        found = modern(record.values)
        address = self._address(record)
        store = self._store_name(address) if found.own_files is not None else ""
        try:
            document, unfit = manifest_of(address.name, store, found)
        except Unfit as error:
            self._flaw(record, error.problem.message, error.problem.hint or "")
            return None
        return Draft(record, address, document, [*remarks, *found.remarks, *unfit])

    def _keep(self, draft: Draft) -> None:
        stores = draft.document.get("vector_stores", ())
        self._drafts.addresses |= {Address("vector_store", name) for name in stores}
        self._drafts.addresses.add(draft.address)
        draft.remarks += [*self._naming(draft), *self._seen.remarks(draft.document)]
        self._drafts.new.append(draft)

    def _naming(self, draft: Draft) -> Iterator[Remark]:
        """What there is to say about its name."""
        name = draft.body.get("name")
        if name is None:
            yield Remark("changed", "name", f"it had none, and is called {draft.address.name}")
        elif others := self._known.called(name):
            message = f"{others[0].address} is declared with this name and says something else"
            yield Remark("decide", "name", f"{message}: keep one of the two")

    def _address(self, record: Record, *, again: bool = False) -> Address:
        texts = (_name(record), record.label, record.object_id)
        return free_address("assistant", texts, () if again else self._drafts.addresses)

    def _store_name(self, owner: Address) -> str:
        """As the first API's form is upgraded, or else the next free name."""
        wanted = Address("vector_store", f"{owner.name}-files")
        if wanted not in self._drafts.addresses:
            return wanted.name
        return free_address("vector_store", (wanted.name,), self._drafts.addresses).name

    def _flaw(self, record: Record, message: str, hint: str) -> None:
        self._drafts.flaws.append(Flaw(record.origin, message, hint))


def _secret(path: str) -> Remark:
    message = f"a key stood there, and is {keys.REDACTED} now: if it is real, revoke it"
    return Remark("changed", path, message)
