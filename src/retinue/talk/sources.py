"""Who a file ID is: an address of the project where the state knows it, else a name to show."""

from __future__ import annotations

from retinue.address import Address
from retinue.engine.entry import Entry, Snapshot
from retinue.errors import PlatformError, UsageError
from retinue.manifest.suggest import did_you_mean, listed
from retinue.talk.conversation import Party, Wire
from retinue.talk.events import Source

KIND = "assistant"


class Sources:
    """Files by ID; asks the platform once for one that the state does not know."""

    def __init__(self, snapshot: Snapshot, wire: Wire) -> None:
        self._wire = wire
        entries = snapshot.entries.values()
        self._known = {
            entry.id: _source(entry) for entry in entries if entry.address.kind == "file"
        }

    def learn(self, file_id: str, name: str) -> None:
        """Remember what a file is called; the project's own names win."""
        self._known.setdefault(file_id, Source(file_id, name))

    async def find(self, file_id: str) -> Source:
        """Never raises: a file that is gone, or can't be asked for, is called by its ID."""
        if file_id not in self._known:
            self.learn(file_id, await self._ask(file_id))
        return self._known[file_id]

    async def _ask(self, file_id: str) -> str:
        try:
            found = await self._wire.find(f"/files/{file_id}")
        except PlatformError:
            return file_id
        return str((found or {}).get("filename") or file_id)


def _source(entry: Entry) -> Source:
    return Source(
        entry.id, str(entry.values.get("filename") or entry.address.name), str(entry.address)
    )


def find_party(snapshot: Snapshot, declared: frozenset[Address], name: str) -> Party:
    """The applied assistant called ``name``, with or without its kind.

    Raises:
        UsageError: there is none, or it is declared and not applied yet.
    """
    address = Address(KIND, name.removeprefix(f"{KIND}."))
    entry = snapshot.entries.get(address)
    if entry is not None:
        return Party(address, entry.type, entry.id, entry.values)
    if address in declared:
        raise UsageError(
            f"{address} is declared, but not applied to the stack {snapshot.stack} yet",
            hint="run `retinue apply` first",
        )
    known = {each.name for each in (*snapshot.entries, *declared) if each.kind == KIND}
    otherwise = f"assistants: {listed(known)}" if known else "declare one, then run `retinue apply`"
    raise UsageError(
        f"there is no assistant {address.name!r}", hint=did_you_mean(address.name, known, otherwise)
    )
