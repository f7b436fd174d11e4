"""The application and its clients are those of the embedded platform's other tests.

On top of them: stores that are filled and indexed in one call.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import anyio
import pytest
from openai import AsyncOpenAI
from tests.unit.local.conftest import (
    Clock,
    anyio_backend,
    app,
    clock,
    conformance,
    database,
    http,
    index,
    limits,
    model,
    sdk,
    upload,
)
from tests.unit.local_search import documents

from retinue.local.platform import Limits

__all__ = [
    "anyio_backend",
    "app",
    "clock",
    "conformance",
    "database",
    "http",
    "index",
    "limits",
    "model",
    "sdk",
    "upload",
]

PATIENCE_SECONDS = 60.0


class Shelve(Protocol):
    """Uploads files into a new store and waits until they are indexed; gives the store's ID."""

    def __call__(self, files: Mapping[str, bytes], /) -> Awaitable[str]: ...


def docx(*paragraphs: str, start: str = "") -> bytes:
    """A Word document; ``start`` goes before its root."""
    body = documents.word_xml(
        "".join(f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>" for words in paragraphs)
    )
    declaration, root = body.split(b"?>", 1)
    return documents.archive({"word/document.xml": declaration + b"?>" + start.encode() + root})


def one_page(stream: bytes, entries: bytes = b"") -> bytes:
    """A PDF of one page with this content stream."""
    return documents.pdf_of_streams([(stream, entries)])


@pytest.fixture
def settled(sdk: AsyncOpenAI, clock: Clock, limits: Limits) -> Callable[[str], Awaitable[None]]:
    """Wait, as a client would, until nothing of a store is in progress any more."""

    async def wait(store_id: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        clock.advance(limits.indexing_seconds)
        while (await sdk.vector_stores.retrieve(store_id)).status == "in_progress":
            assert time.monotonic() < deadline
            await anyio.sleep(0.01)

    return wait


@pytest.fixture
def shelve(sdk: AsyncOpenAI, upload: Any, settled: Any) -> Shelve:
    async def run(files: Mapping[str, bytes], /) -> str:
        ids = [await upload(content, name) for name, content in files.items()]
        store = await sdk.vector_stores.create(file_ids=ids)
        await settled(store.id)
        return store.id

    return run
