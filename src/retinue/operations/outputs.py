"""What an application needs of an applied stack: names to IDs. Pure, over the state."""

from __future__ import annotations

import re
from typing import Any

from retinue.address import Address
from retinue.engine.entry import Entry, Snapshot
from retinue.kinds.credential import CREDENTIAL, parts_of


def outputs(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Address to kind, ID and the name shown on the platform; to a credential's vault, too."""
    return {
        str(address): {"kind": address.kind, "id": own, "name": _name(entry), **more}
        for address, entry in sorted(snapshot.entries.items())
        for own, more in [_ids(entry)]
    }


def _ids(entry: Entry) -> tuple[str, dict[str, str]]:
    """The ID that the platform's API takes, and what it takes besides."""
    if entry.type != CREDENTIAL.name:
        return entry.id, {}
    vault, credential = parts_of(entry.id)
    return credential, {"vault_id": vault}


def _name(entry: Entry) -> str:
    return str(entry.values.get("name") or entry.values.get("filename") or entry.address.name)


def dotenv(snapshot: Snapshot) -> list[str]:
    """``ASSISTANT_MATH_TUTOR_ID=asst_…`` lines; names that fall together get a number."""
    taken: set[str] = set()
    lines = []
    for address, entry in sorted(snapshot.entries.items()):
        own, more = _ids(entry)
        for key, value in {"id": own, **more}.items():
            name = _variable(address, key, taken)
            taken.add(name)
            lines.append(f"{name}={value}")
    return lines


def _variable(address: Address, key: str, taken: set[str]) -> str:
    stem = re.sub(r"[^A-Z0-9]+", "_", str(address).upper()).strip("_")
    name, number = f"{stem}_{key.upper()}", 2
    while name in taken:
        name, number = f"{stem}_{number}_{key.upper()}", number + 1
    return name
