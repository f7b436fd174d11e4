"""Who works on what: a row per piece of work, with its owner's last sign of life.

Several processes may share the file, and any of them may be killed. A piece of work whose owner
has given no sign for ``LEASE_SECONDS`` is marked lost, by whoever looks next; triggers of the
families then fail the run or the response it belongs to, so that nobody waits for ever. A process
that was only asleep finds its lease gone and stops.
"""

from __future__ import annotations

from dataclasses import dataclass

from retinue.local.database import Connection

BEAT_SECONDS = 2.0
LEASE_SECONDS = 12

SCHEMA = """
CREATE TABLE IF NOT EXISTS leases (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  beat_at INTEGER NOT NULL,
  stop INTEGER NOT NULL DEFAULT 0,
  lost_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS leases_owner ON leases (owner);
CREATE INDEX IF NOT EXISTS leases_beat ON leases (beat_at);
"""

DUE = f"SELECT 1 FROM leases WHERE beat_at < :now - {LEASE_SECONDS} LIMIT 1"
ACT = f"UPDATE leases SET lost_at = :now WHERE beat_at < :now - {LEASE_SECONDS}"
"""The deadline of leases: both statements take the present time as ``:now``."""


def lost_trigger(table: str, lost: str) -> str:
    """Schema text: what happens to the row of ``table`` whose work is lost. ``lost`` is SQL."""
    return f"""
CREATE TRIGGER IF NOT EXISTS {table}_lost AFTER UPDATE OF lost_at ON leases
WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) BEGIN
  {lost}
  DELETE FROM leases WHERE id = NEW.id;
END;
"""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What an owner finds at a beat: what is still its own, and what it is asked to stop."""

    held: frozenset[str]
    stopping: frozenset[str]


def take(connection: Connection, work_id: str, owner: str, now: int) -> None:
    """Become answerable for a piece of work."""
    connection.execute(
        "INSERT OR REPLACE INTO leases (id, owner, beat_at) VALUES (?, ?, ?)",
        (work_id, owner, now),
    )


def drop(connection: Connection, work_id: str, owner: str) -> bool:
    """Be done with a piece of work; false if it was not one's own any more."""
    cursor = connection.execute("DELETE FROM leases WHERE id = ? AND owner = ?", (work_id, owner))
    return cursor.rowcount > 0


def ask_to_stop(connection: Connection, work_id: str) -> bool:
    """Ask the owner of a piece of work to stop; false if nobody works on it."""
    return connection.execute("UPDATE leases SET stop = 1 WHERE id = ?", (work_id,)).rowcount > 0


def beat(connection: Connection, owner: str, now: int) -> Pulse:
    """Give a sign of life for everything that ``owner`` works on."""
    connection.execute("UPDATE leases SET beat_at = ? WHERE owner = ?", (now, owner))
    rows = connection.execute("SELECT id, stop FROM leases WHERE owner = ?", (owner,)).fetchall()
    return Pulse(
        frozenset(row["id"] for row in rows), frozenset(row["id"] for row in rows if row["stop"])
    )


def lose_all(connection: Connection, owner: str, now: int) -> None:
    """The owner ends and leaves its work undone."""
    connection.execute("UPDATE leases SET lost_at = ? WHERE owner = ?", (now, owner))
