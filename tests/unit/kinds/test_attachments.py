"""Files in vector stores: batches, waiting with a bound, marks and attributes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from retinue.errors import PlatformError, Unavailable
from retinue.kinds.api import Object
from retinue.kinds.attachments import (
    BATCH,
    INDEXING_LIMIT,
    attach,
    marked_attributes,
    set_attributes,
)
from retinue.kinds.base import Upload
from retinue.kinds.marker import KEY, Owner

OWNER = Owner("demo", "default")
ITEM = {"id": "f1", "file": "file.one", "sha256": "ab"}
MARK = "demo/default/file.one#ab"


@dataclass
class Platform:
    """An `Api` that answers batches with ``statuses`` in turn; the last is repeated."""

    statuses: list[str] = field(default_factory=lambda: ["completed"])
    failed: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, Object]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    asked: int = 0

    def _batch(self) -> Object:
        status = self.statuses[min(self.asked, len(self.statuses) - 1)]
        self.asked += 1
        return {"id": "b", "status": status, "file_counts": {"failed": len(self.failed)}}

    async def get(self, path: str, params: Object | None = None) -> Object:
        del path, params
        return self._batch()

    async def change(self, path: str, body: Object) -> Object:
        self.sent.append((path, body))
        return self._batch()

    async def pages(
        self, path: str, *, size: int, params: Object | None = None
    ) -> AsyncIterator[list[Object]]:
        del path, size, params
        yield list(self.failed)

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def find(self, path: str) -> Object | None:
        raise NotImplementedError(path)

    async def create(self, path: str, body: Object) -> Object:
        raise NotImplementedError(path)

    async def delete(self, path: str) -> None:
        raise NotImplementedError(path)

    async def upload(self, path: str, fields: Object, upload: Upload, filename: str) -> Object:
        raise NotImplementedError(path)

    async def inline(self, upload: Upload, folder: str = "") -> str:
        raise NotImplementedError(upload)


def attached(platform: Platform, count: int, strategy: Object | None = None) -> list[int]:
    """Attach ``count`` files; how many each batch held."""
    items = [{"id": f"f{number}"} for number in range(count)]
    asyncio.run(attach(platform, "vs", items, OWNER, strategy))
    return [len(body["files"]) for _, body in platform.sent]


def test_nothing_to_attach_is_no_request() -> None:
    assert attached(Platform(), 0) == []


def test_many_files_go_in_as_few_batches_as_are_allowed() -> None:
    assert attached(Platform(), 2 * BATCH + 1) == [BATCH, BATCH, 1]


def test_a_batch_is_waited_for_and_ever_more_slowly() -> None:
    platform = Platform(["in_progress"] * 4 + ["completed"])
    attached(platform, 1)
    assert platform.waits == sorted(platform.waits)
    assert len(platform.waits) == 4


def test_a_batch_that_never_ends_is_given_up() -> None:
    platform = Platform(["in_progress"])
    with pytest.raises(Unavailable, match="still indexing after 600 s"):
        attached(platform, 1)
    assert INDEXING_LIMIT < sum(platform.waits) < INDEXING_LIMIT + 10


def test_files_that_could_not_be_indexed_are_named_with_their_reasons() -> None:
    platform = Platform(
        failed=[
            {"id": "f2", "last_error": {"code": "unsupported_file", "message": "not a text"}},
            {"id": "f1", "last_error": {"code": "server_error"}, "attributes": {KEY: MARK}},
            {"id": "f3"},
        ]
    )
    with pytest.raises(PlatformError) as caught:
        attached(platform, 3)
    assert caught.value.message == (
        "vs: not indexed: f2: not a text; f3: failed; file.one: server_error"
    )


def test_the_strategy_goes_with_every_file() -> None:
    platform = Platform()
    attached(platform, 2, {"type": "auto"})
    assert all(f["chunking_strategy"] == {"type": "auto"} for f in platform.sent[0][1]["files"])


def test_a_file_of_ours_carries_its_address_and_content() -> None:
    assert marked_attributes(ITEM, OWNER) == {KEY: MARK}
    assert marked_attributes({**ITEM, "attributes": {"a": 1}}, OWNER) == {"a": 1, KEY: MARK}


def test_somebody_elses_file_carries_no_mark() -> None:
    assert marked_attributes({"id": "theirs", "attributes": {"a": 1}}, OWNER) == {"a": 1}


@pytest.mark.parametrize(
    ("named", "present", "sent"),
    [
        ({"a": 1}, {"a": 1, KEY: MARK}, None),
        ({"a": 2}, {"a": 1, KEY: MARK}, {"a": 2, KEY: MARK}),
        ({}, {"a": 1, KEY: MARK}, {KEY: MARK}),
        (None, {"a": 1, KEY: MARK}, None),
        (None, {"a": 1}, {"a": 1, KEY: MARK}),
        (None, None, {KEY: MARK}),
    ],
)
def test_attributes_are_sent_where_they_differ(
    named: dict[str, Any] | None, present: dict[str, Any] | None, sent: dict[str, Any] | None
) -> None:
    platform = Platform()
    item = ITEM if named is None else {**ITEM, "attributes": named}
    asyncio.run(set_attributes(platform, "vs", item, OWNER, {"attributes": present}))
    assert [body["attributes"] for _, body in platform.sent] == ([] if sent is None else [sent])
