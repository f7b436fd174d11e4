"""/vector_stores with files and batches: indexing in time, counts, expiry, attributes."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError

pytestmark = pytest.mark.anyio

DAY = 86_400
AUTO = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
PDF = b"%PDF-1.7 \xff\xfe\x00"


async def test_create_with_defaults(sdk: AsyncOpenAI) -> None:
    made = await sdk.vector_stores.create()
    assert made.id.startswith("vs_")
    assert (made.name, made.status, made.usage_bytes, made.metadata) == ("", "completed", 0, {})
    assert made.last_active_at == made.created_at
    assert made.expires_after is None
    assert made.expires_at is None
    assert set(made.file_counts.to_dict().values()) == {0}


async def test_files_are_indexed_in_time(sdk: AsyncOpenAI, upload: Any, index: Any) -> None:
    file_id = await upload(b"twelve bytes")
    store = await sdk.vector_stores.create(name="papers", file_ids=[file_id])
    assert store.status == "in_progress"
    assert store.file_counts.in_progress == 1
    file = await sdk.vector_stores.files.retrieve(file_id, vector_store_id=store.id)
    assert (file.status, file.usage_bytes, file.last_error) == ("in_progress", 0, None)
    index()
    store = await sdk.vector_stores.retrieve(store.id)
    assert (store.status, store.usage_bytes) == ("completed", 12)
    assert (store.file_counts.completed, store.file_counts.total) == (1, 1)
    file = await sdk.vector_stores.files.retrieve(file_id, vector_store_id=store.id)
    assert (file.status, file.usage_bytes) == ("completed", 12)
    assert file.chunking_strategy is not None
    assert file.chunking_strategy.to_dict() == AUTO


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.txt", b"", "invalid_file"),
        ("a.txt", b"\x00\x01\x02", "unsupported_file"),
        ("a.txt", b"\xff\xd8\xff\xe0 not text", "unsupported_file"),
        ("a.txt", "half a sign ☃".encode()[:-1], "unsupported_file"),
        ("a.zip", b"PK\x03\x04 something", "unsupported_file"),
        ("a.docx", b"PK\x03\x04 something", "invalid_file"),
        ("a.doc", b"\xd0\xcf\x11\xe0 something", "unsupported_file"),
        ("a.pdf", PDF, "invalid_file"),
        ("a.txt", b"a", None),
        ("a.txt", "\ufeffwith a mark ☃".encode(), None),
        ("a.txt", "sixteen bits ☃".encode("utf-16"), None),
    ],
)
async def test_contents_decide_the_outcome(
    sdk: AsyncOpenAI, upload: Any, index: Any, *, name: str, content: bytes, fault: str | None
) -> None:
    store = await sdk.vector_stores.create()
    file_id = await upload(content, name)
    await sdk.vector_stores.files.create(store.id, file_id=file_id)
    index()
    file = await sdk.vector_stores.files.retrieve(file_id, vector_store_id=store.id)
    assert file.status == ("failed" if fault else "completed")
    assert (file.last_error.code if file.last_error else None) == fault
    assert (file.usage_bytes > 0) == (fault is None)
    counts = (await sdk.vector_stores.retrieve(store.id)).file_counts
    assert (counts.failed, counts.completed) == (int(fault is not None), int(fault is None))


async def test_attach_with_attributes_and_strategy(sdk: AsyncOpenAI, upload: Any) -> None:
    store, file_id = await sdk.vector_stores.create(), await upload()
    strategy: Any = {
        "type": "static",
        "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 200},
    }
    made = await sdk.vector_stores.files.create(
        store.id, file_id=file_id, attributes={"a": "b", "n": 1.5}, chunking_strategy=strategy
    )
    assert made.attributes == {"a": "b", "n": 1.5}
    assert made.chunking_strategy is not None
    assert made.chunking_strategy.to_dict() == strategy
    changed = await sdk.vector_stores.files.update(
        file_id, vector_store_id=store.id, attributes={"only": True}
    )
    assert changed.attributes == {"only": True}
    assert changed.chunking_strategy == made.chunking_strategy
    cleared = await sdk.vector_stores.files.update(
        file_id, vector_store_id=store.id, attributes=None
    )
    assert cleared.attributes == {}


async def test_attaching_again_indexes_anew(sdk: AsyncOpenAI, upload: Any, index: Any) -> None:
    store, file_id = await sdk.vector_stores.create(), await upload()
    await sdk.vector_stores.files.create(store.id, file_id=file_id, attributes={"a": 1})
    index()
    again = await sdk.vector_stores.files.create(store.id, file_id=file_id)
    assert (again.status, again.attributes) == ("in_progress", {})
    assert (await sdk.vector_stores.retrieve(store.id)).file_counts.total == 1


async def test_detaching_leaves_the_file(sdk: AsyncOpenAI, upload: Any) -> None:
    file_id = await upload()
    store = await sdk.vector_stores.create(file_ids=[file_id])
    gone = await sdk.vector_stores.files.delete(file_id, vector_store_id=store.id)
    assert (gone.id, gone.deleted, gone.object) == (file_id, True, "vector_store.file.deleted")
    assert (await sdk.files.retrieve(file_id)).id == file_id
    message = f"No file found with id '{file_id}' in vector store '{store.id}'."
    with pytest.raises(NotFoundError, match=message):
        await sdk.vector_stores.files.retrieve(file_id, vector_store_id=store.id)


async def test_deleting_a_store_leaves_the_file(sdk: AsyncOpenAI, upload: Any) -> None:
    file_id = await upload()
    store = await sdk.vector_stores.create(file_ids=[file_id])
    gone = await sdk.vector_stores.delete(store.id)
    assert (gone.object, gone.deleted) == ("vector_store.deleted", True)
    assert (await sdk.files.retrieve(file_id)).id == file_id
    with pytest.raises(NotFoundError, match="No vector store found with id"):
        await sdk.vector_stores.files.list(store.id)


async def test_deleting_a_file_empties_the_stores(sdk: AsyncOpenAI, upload: Any) -> None:
    file_id = await upload()
    stores = [await sdk.vector_stores.create(file_ids=[file_id]) for _ in range(2)]
    await sdk.files.delete(file_id)
    for store in stores:
        assert (await sdk.vector_stores.retrieve(store.id)).file_counts.total == 0


async def test_list_filters_by_status(sdk: AsyncOpenAI, upload: Any, index: Any) -> None:
    good, bad, late = await upload(), await upload(b""), await upload()
    store = await sdk.vector_stores.create(file_ids=[good, bad])
    index()
    await sdk.vector_stores.files.create(store.id, file_id=late)
    expected = {"completed": [good], "failed": [bad], "in_progress": [late], "cancelled": []}
    for status, file_ids in expected.items():
        files = sdk.vector_stores.files.list(store.id, filter=status)  # type: ignore[arg-type]
        assert [file.id async for file in files] == file_ids
    every = [file.id async for file in sdk.vector_stores.files.list(store.id, order="asc")]
    assert every == [good, bad, late]


async def test_update(sdk: AsyncOpenAI, clock: Any) -> None:
    made = await sdk.vector_stores.create(name="a", metadata={"x": "y"}, description="for me")
    clock.advance(10)
    same = await sdk.vector_stores.update(made.id)
    assert (same.name, same.metadata) == ("a", {"x": "y"})
    assert same.last_active_at == made.created_at + 10
    changed = await sdk.vector_stores.update(made.id, name="b", metadata={"z": "1"})
    assert (changed.name, changed.metadata) == ("b", {"z": "1"})
    cleared = await sdk.vector_stores.update(made.id, name=None, metadata=None)
    assert (cleared.name, cleared.metadata) == ("", {})
    assert await sdk.vector_stores.retrieve(made.id) == cleared


async def test_a_store_expires_after_its_last_use(
    sdk: AsyncOpenAI, upload: Any, clock: Any
) -> None:
    file_id, other = await upload(), await upload()
    policy: Any = {"anchor": "last_active_at", "days": 2}
    made = await sdk.vector_stores.create(expires_after=policy, file_ids=[file_id])
    assert made.expires_at == made.created_at + 2 * DAY
    clock.advance(DAY)
    await sdk.vector_stores.files.create(made.id, file_id=other)
    used = await sdk.vector_stores.retrieve(made.id)
    assert used.expires_at == made.created_at + 3 * DAY
    clock.advance(2 * DAY)
    expired = await sdk.vector_stores.retrieve(made.id)
    assert (expired.status, expired.file_counts.total) == ("expired", 0)
    with pytest.raises(BadRequestError, match="has expired"):
        await sdk.vector_stores.files.create(made.id, file_id=file_id)
    with pytest.raises(BadRequestError, match="has expired"):
        await sdk.vector_stores.update(made.id, expires_after=None)
    renamed = await sdk.vector_stores.update(made.id, name="late")
    assert (renamed.status, renamed.expires_at) == ("expired", expired.expires_at)


async def test_an_expiry_policy_can_be_taken_back(sdk: AsyncOpenAI) -> None:
    policy: Any = {"anchor": "last_active_at", "days": 2}
    made = await sdk.vector_stores.create(expires_after=policy)
    changed = await sdk.vector_stores.update(made.id, expires_after=None)
    assert changed.expires_after is None
    assert changed.expires_at is None


async def test_missing_files_are_named(http: httpx2.AsyncClient, upload: Any) -> None:
    body = {"file_ids": [await upload(), "file-lost"]}
    answer = await http.post("/vector_stores", json=body)
    error = answer.json()["error"]
    assert answer.status_code == 404
    assert error["param"] == "file_ids"
    assert error["message"] == "Files [file-lost] were not found"
    assert (await http.get("/vector_stores")).json()["data"] == []


# --- Content -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("snow ☃".encode(), "snow ☃"),
        ("\ufeffmarked".encode(), "marked"),
        ("wide ☃".encode("utf-16"), "wide ☃"),
        (PDF, ""),
    ],
)
async def test_parsed_content(
    sdk: AsyncOpenAI, upload: Any, index: Any, content: bytes, text: str
) -> None:
    file_id = await upload(content)
    store = await sdk.vector_stores.create(file_ids=[file_id])
    index()
    parsed = await sdk.vector_stores.files.content(file_id, vector_store_id=store.id)
    assert "".join(part.text or "" for part in parsed.data) == text


async def test_long_content_comes_in_pages(
    http: httpx2.AsyncClient, upload: Any, index: Any
) -> None:
    text = "snow ☃ " * 700_000
    file_id = await upload(text.encode())
    store_id = (await http.post("/vector_stores", json={"file_ids": [file_id]})).json()["id"]
    index()
    path, parts = f"/vector_stores/{store_id}/files/{file_id}/content", []
    query: dict[str, str] = {}
    for _ in range(2):
        page = (await http.get(path, params=query)).json()
        parts += [part["text"] for part in page["data"]]
        query = {"page": page["next_page"]}
        assert page["has_more"] == (page["next_page"] is not None)
    assert "".join(parts) == text
    assert not page["has_more"]
    assert (await http.get(path, params={"page": "last"})).status_code == 400


# --- Batches -----------------------------------------------------------------------------------


async def test_batch_of_files(sdk: AsyncOpenAI, upload: Any, index: Any) -> None:
    store = await sdk.vector_stores.create()
    file_ids = [await upload() for _ in range(3)]
    batch = await sdk.vector_stores.file_batches.create(
        store.id, file_ids=file_ids, attributes={"a": "b"}
    )
    assert batch.id.startswith("vsfb_")
    assert batch.status == "in_progress"
    assert (batch.file_counts.in_progress, batch.file_counts.total) == (3, 3)
    index()
    done = await sdk.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id)
    assert (done.status, done.file_counts.completed) == ("completed", 3)
    files = sdk.vector_stores.file_batches.list_files(
        batch.id, vector_store_id=store.id, order="asc", limit=2
    )
    assert [(file.id, file.attributes) async for file in files] == [
        (file_id, {"a": "b"}) for file_id in file_ids
    ]


async def test_batch_with_settings_per_file(sdk: AsyncOpenAI, upload: Any) -> None:
    store = await sdk.vector_stores.create()
    first, second = await upload(), await upload()
    await sdk.vector_stores.file_batches.create(
        store.id,
        files=[{"file_id": first, "attributes": {"n": 1}}, {"file_id": second}],
        attributes={"ignored": True},
    )
    found = {file.id: file.attributes async for file in sdk.vector_stores.files.list(store.id)}
    assert found == {first: {"n": 1}, second: {}}


async def test_cancel_stops_what_is_in_progress(sdk: AsyncOpenAI, upload: Any, index: Any) -> None:
    file_id = await upload()
    store = await sdk.vector_stores.create()
    batch = await sdk.vector_stores.file_batches.create(store.id, file_ids=[file_id])
    cancelled = await sdk.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    assert (cancelled.status, cancelled.file_counts.cancelled) == ("cancelled", 1)
    index()
    file = await sdk.vector_stores.files.retrieve(file_id, vector_store_id=store.id)
    assert (file.status, file.usage_bytes) == ("cancelled", 0)


async def test_cancel_comes_too_late(sdk: AsyncOpenAI, upload: Any, index: Any) -> None:
    store, file_id = await sdk.vector_stores.create(), await upload()
    batch = await sdk.vector_stores.file_batches.create(store.id, file_ids=[file_id])
    index()
    late = await sdk.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    assert late.status == "completed"


async def test_a_batch_fails_when_all_its_files_do(
    sdk: AsyncOpenAI, upload: Any, index: Any
) -> None:
    store, good, bad = await sdk.vector_stores.create(), await upload(), await upload(b"")
    mixed = await sdk.vector_stores.file_batches.create(store.id, file_ids=[good, bad])
    other = await sdk.vector_stores.create()
    failed = await sdk.vector_stores.file_batches.create(other.id, file_ids=[bad])
    index()
    batches = sdk.vector_stores.file_batches
    assert (await batches.retrieve(mixed.id, vector_store_id=store.id)).status == "completed"
    assert (await batches.retrieve(failed.id, vector_store_id=other.id)).status == "failed"
    with pytest.raises(NotFoundError, match="No vector store file batch found"):
        await batches.retrieve(mixed.id, vector_store_id=other.id)
