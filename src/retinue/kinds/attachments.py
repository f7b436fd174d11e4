"""Files in a vector store: attached in batches, waited for with a bound, reported one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retinue.errors import PlatformError, Unavailable
from retinue.kinds.api import Api, Object
from retinue.kinds.marker import KEY, MAX_LENGTH, Owner

BATCH = 500
"""Files a batch: the smaller of the two limits that OpenAI documents (500 and 2,000)."""

POLL = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between polls; the last is repeated."""

INDEXING_LIMIT = 600.0
"""Seconds after which indexing counts as stuck: the platform is known to leave files so."""

USER_ATTRIBUTES = 15


def marked_attributes(item: Mapping[str, Any], owner: Owner) -> dict[str, Any]:
    """The attributes to send for one attachment: the user's, and whose file this is."""
    attributes = dict(item.get("attributes") or {})
    if "file" in item and len(attributes) <= USER_ATTRIBUTES:
        attributes[KEY] = mark_of(owner, item["file"], item["sha256"])
    return attributes


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose file is attached, and what is in it. ``file`` is its address as text."""

    owner: Owner
    file: str
    sha256: str


def read_mark(item: Object) -> Mark | None:
    """Read the mark of an attachment; None where there is none that we understand."""
    text = (item.get("attributes") or {}).get(KEY)
    if not isinstance(text, str) or "#" not in text:
        return None
    name, _, sha256 = text.rpartition("#")
    parts = name.split("/", 2)
    return Mark(Owner(parts[0], parts[1]), parts[2], sha256) if len(parts) == 3 else None


def mark_of(owner: Owner, file: str, sha256: str) -> str:
    """What an attachment says of the file at the address ``file``."""
    return f"{owner.project}/{owner.stack}/{file}#{sha256}"


def fits(mark: str) -> bool:
    """Whether the platform takes a mark: a file far down in folders goes without one."""
    return len(mark) <= MAX_LENGTH


async def attach(
    api: Api,
    store: str,
    items: Sequence[Mapping[str, Any]],
    owner: Owner,
    strategy: Mapping[str, Any] | None,
) -> None:
    """Attach ``items`` and wait until they are indexed.

    Raises:
        PlatformError: files that could not be indexed, each with its reason.
        Unavailable: indexing did not end in time.
    """
    for start in range(0, len(items), BATCH):
        part = items[start : start + BATCH]
        files = [_file(item, owner, strategy) for item in part]
        batch = await api.change(f"/vector_stores/{store}/file_batches", {"files": files})
        await _indexed(api, store, batch)


def _file(
    item: Mapping[str, Any], owner: Owner, strategy: Mapping[str, Any] | None
) -> dict[str, Any]:
    body: dict[str, Any] = {"file_id": item["id"], "attributes": marked_attributes(item, owner)}
    if strategy is not None:
        body["chunking_strategy"] = strategy
    return body


async def _indexed(api: Api, store: str, batch: Object) -> None:
    path = f"/vector_stores/{store}/file_batches/{batch['id']}"
    waited, polls = 0.0, 0
    while batch.get("status") == "in_progress":
        delay = POLL[min(polls, len(POLL) - 1)]
        if waited > INDEXING_LIMIT:
            raise Unavailable(
                f"{store}: still indexing after {INDEXING_LIMIT:.0f} s",
                hint="the files are attached; run plan again later to see what is missing",
            )
        await api.pause(delay)
        waited, polls = waited + delay, polls + 1
        batch = await api.get(path)
    if (batch.get("file_counts") or {}).get("failed"):
        raise PlatformError(await _reasons(api, store, path), hint="correct or remove these files")


async def _reasons(api: Api, store: str, path: str) -> str:
    reasons = []
    async for page in api.pages(f"{path}/files", size=100, params={"filter": "failed"}):
        for item in page:
            error = item.get("last_error") or {}
            mark = (item.get("attributes") or {}).get(KEY, "")
            name = str(mark).split("/", 2)[-1].rpartition("#")[0] or item["id"]
            reasons.append(f"{name}: {error.get('message') or error.get('code') or 'failed'}")
    return f"{store}: not indexed: " + "; ".join(sorted(reasons))


async def set_attributes(
    api: Api, store: str, item: Mapping[str, Any], owner: Owner, present: Object
) -> None:
    """Replace the attributes of an attachment where they differ."""
    have = present.get("attributes") or {}
    user = item.get("attributes", {k: v for k, v in have.items() if k != KEY})
    want = marked_attributes({**item, "attributes": user}, owner)
    if want != have:
        path = f"/vector_stores/{store}/files/{item['id']}"
        await api.change(path, {"attributes": want})


async def detach(api: Api, store: str, file_id: str) -> None:
    """Detach a file; the file itself stays."""
    await api.delete(f"/vector_stores/{store}/files/{file_id}")
