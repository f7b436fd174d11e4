"""What an application needs of an applied stack: names to IDs. Pure, over the state."""

from __future__ import annotations

import re
from typing import Any

from retinue.address import Address
from retinue.engine.entry import Entry, Snapshot


def outputs(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Address to kind, ID and the name shown on the platform."""
    return {
        str(address): {"kind": address.kind, "id": entry.id, "name": _name(entry)}
        for address, entry in sorted(snapshot.entries.items())
    }


def _name(entry: Entry) -> str:
    return str(entry.values.get("name") or entry.values.get("filename") or entry.address.name)


def dotenv(snapshot: Snapshot) -> list[str]:
    """``ASSISTANT_MATH_TUTOR_ID=asst_…`` lines; names that fall together get a number."""
    taken: set[str] = set()
    lines = []
    for address, entry in sorted(snapshot.entries.items()):
        name = _variable(address, taken)
        taken.add(name)
        lines.append(f"{name}={entry.id}")
    return lines


def _variable(address: Address, taken: set[str]) -> str:
    stem = re.sub(r"[^A-Z0-9]+", "_", str(address).upper()).strip("_")
    name, number = f"{stem}_ID", 2
    while name in taken:
        name, number = f"{stem}_{number}_ID", number + 1
    return name
