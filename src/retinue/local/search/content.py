"""The text of an attached file as it was read for the index, put together from its chunks."""

from __future__ import annotations

from dataclasses import dataclass

from retinue.local.database import Connection

_PART_CHARACTERS = 1024 * 1024
_PARTS = 4


@dataclass(frozen=True, slots=True)
class Page:
    """Some parts of the text in order; ``next_chunk`` begins the next page, if there is one."""

    parts: list[str]
    next_chunk: int | None


def page(connection: Connection, attachment: int, first_chunk: int) -> Page:
    """A page of the text; empty where the file isn't indexed (yet) or has no such chunk."""
    rows = connection.execute(
        "SELECT c.position, c.start, c.text FROM search_chunks AS c"
        " JOIN search_indexes AS i ON i.id = c.index_id"
        " WHERE i.attachment = ? AND i.complete AND c.position >= ? ORDER BY c.position",
        (attachment, first_chunk - 1),
    )
    parts, pieces, length, reached = list[str](), list[str](), 0, 0
    for row in rows:
        if row["position"] < first_chunk:  # read only to know where its text ended
            reached = row["start"] + len(row["text"])
            continue
        if len(parts) == _PARTS:
            return Page(parts, row["position"])
        new = row["text"][max(reached - row["start"], 0) :]
        reached = row["start"] + len(row["text"])
        pieces.append(new)
        length += len(new)
        if length >= _PART_CHARACTERS:
            parts.append("".join(pieces))
            pieces, length = [], 0
    if pieces:
        parts.append("".join(pieces))
    return Page(parts, None)
