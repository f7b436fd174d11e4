"""What the journal costs a change: N creates begun and recorded, eight at a time, then the fold
into the state file. Run as a process; prints JSON with the milliseconds a change."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from retinue.address import Address
from retinue.engine.entry import Entry, Intent
from retinue.engine.ports import Ledger
from retinue.state.local import LocalState

AT_ONCE = 8
VALUES = {"name": "Tutor", "model": "gpt-4o", "instructions": "Answer briefly. " * 100}


async def one(ledger: Ledger, number: int) -> None:
    address, operation = Address("assistant", f"tutor-{number}"), f"{number:016x}"
    kind = "assistants.assistant"
    intent = Intent(
        operation=operation, address=address, type=kind, values=VALUES, started_at=time.time()
    )
    await ledger.begin(intent)
    entry = Entry(address=address, type=kind, id=f"asst_{number}", values=VALUES)
    await ledger.record({address: entry}, operation)


async def worker(ledger: Ledger, numbers: range) -> None:
    for number in numbers:
        await one(ledger, number)


async def run(folder: Path, count: int) -> float:
    """Seconds that ``count`` changes take, the last write of the state file included."""
    state = LocalState(folder / "state.json", project="bench", stack="default")
    began = time.perf_counter()
    async with state.session(print) as ledger:
        lanes = (worker(ledger, range(lane, count, AT_ONCE)) for lane in range(AT_ONCE))
        await asyncio.gather(*lanes)
    return time.perf_counter() - began


def main() -> None:
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        seconds = asyncio.run(run(Path(folder), count))
    print(json.dumps({"changes": count, "milliseconds": 1000 * seconds / count}))


if __name__ == "__main__":
    main()
