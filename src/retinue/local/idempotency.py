"""Requests that may be sent twice: the same Idempotency-Key means the same request for a day.

The first answer is kept and given again; the same key with another body is a conflict. A key
belongs to one address.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request

from retinue.local import refusals
from retinue.local.calls import Json
from retinue.local.database import Connection

_KEPT_SECONDS = 86_400
_LONGEST = 256

SCHEMA = """
CREATE TABLE IF NOT EXISTS idempotency (
  path TEXT NOT NULL,
  key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  digest TEXT NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (path, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS idempotency_age ON idempotency (created_at);
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that may come again: its address, its key if it has one, its body."""

    path: str
    key: str | None
    raw: bytes

    @classmethod
    def of(cls, request: Request, raw: bytes) -> Sent:
        """What was read of a request. Raises Refusal where the key is none."""
        key = request.headers.get("idempotency-key")
        if key is not None and not 1 <= len(key) <= _LONGEST:
            reason = f"a key has 1 to {_LONGEST} characters."
            raise refusals.invalid("Idempotency-Key", reason)
        return cls(request.url.path, key, raw)

    @property
    def digest(self) -> str:
        """Tells one body from another."""
        return sha256(self.raw).hexdigest()


def remembered(connection: Connection, sent: Sent, now: int) -> Json | None:
    """The answer that this request had before, if it had one."""
    connection.execute("DELETE FROM idempotency WHERE created_at < ?", (now - _KEPT_SECONDS,))
    row = connection.execute(
        "SELECT digest, answer FROM idempotency WHERE path = ? AND key = ?", (sent.path, sent.key)
    ).fetchone()
    if row is None:
        return None
    if row["digest"] != sent.digest:
        raise refusals.conflict("This Idempotency-Key was used before with another request.")
    answer: Json = json.loads(row["answer"])
    return answer


def remember(connection: Connection, sent: Sent, answer: Json, now: int) -> None:
    """Keep the answer to a request that was carried out."""
    if sent.key is not None:
        connection.execute(
            "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)",
            (sent.path, sent.key, now, sent.digest, json.dumps(answer, ensure_ascii=False)),
        )
