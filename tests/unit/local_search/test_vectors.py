"""Vectors: their maths, what the server may answer, and which passages are nearest."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.local_search.embeddings_server import EmbeddingsServer

from retinue.local.search.embeddings import Embeddings, EmbeddingsFailed, TextsRefused
from retinue.local.search.vectors import Vector
from retinue.local.turns.server import ModelServer

NUMBERS = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=20)


def made(*numbers: float) -> Vector:
    vector = Vector.of(numbers)
    assert vector
    return vector


@given(NUMBERS, NUMBERS)
def test_cosines_stay_within_bounds(first: list[float], second: list[float]) -> None:
    one, other = Vector.of(first), Vector.of(second)
    if one and other:
        near = one.cosine(other)
        assert near is None or 0 <= near <= 1
        assert (near is None) == (len(first) != len(second))
        assert one.cosine(one) == pytest.approx(1, abs=1e-5)
        assert Vector.stored(one.blob()) == one
        assert len(one.signs_blob()) == (len(first) + 7) // 8


def test_what_cosines_mean() -> None:
    assert made(1, 1).cosine(made(2, 0)) == pytest.approx(math.sqrt(0.5))
    assert made(1, 0).cosine(made(-1, 0)) == 0  # opposite is no more than unlike
    assert made(1, 0).cosine(made(1, 0, 0)) is None  # another model's
    assert made(3, 4).numbers == array("f", [0.6, 0.8])
    assert made(3, -1, 0, 2).signs() == 0b1001


@pytest.mark.parametrize("numbers", [[0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0], []])
def test_some_have_no_direction(numbers: list[float]) -> None:
    assert Vector.of(numbers) is None


@pytest.fixture
def server() -> Iterator[EmbeddingsServer]:
    with EmbeddingsServer() as serving:
        yield serving


def endpoint(server: EmbeddingsServer) -> Embeddings:
    return Embeddings(ModelServer(base_url=server.url, api_key="sk-1", embeddings="embed-1"))


def test_what_the_server_is_asked(server: EmbeddingsServer) -> None:
    found = endpoint(server).vectors(["A car", "A banana"], seconds=5)
    assert found == [made(1, 0, 0), made(0, 0, 1)]
    assert server.requests == [{"model": "embed-1", "input": ["A car", "A banana"]}]
    assert (server.paths, server.keys) == (["/v1/embeddings"], ["Bearer sk-1"])


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "[]",
        "{}",
        '{"data": {}}',
        '{"data": []}',
        '{"data": [{"index": 0, "embedding": []}]}',
        '{"data": [{"index": 0, "embedding": "AAAA"}]}',
        '{"data": [{"index": 0, "embedding": ["x"]}]}',
        '{"data": [{"embedding": [1]}, {"embedding": [1]}]}',
        '{"data": [7]}',
        json.dumps({"data": [{"embedding": [1] * 9000}]}),
        "[" * 100_000,
    ],
)
def test_an_answer_that_is_none(server: EmbeddingsServer, raw: str) -> None:
    server.raw = raw
    with pytest.raises(EmbeddingsFailed):
        endpoint(server).vectors(["A car"], seconds=5)


@pytest.mark.parametrize(("status", "refused"), [(400, True), (404, False), (500, False)])
def test_refusals_are_told_apart(server: EmbeddingsServer, status: int, *, refused: bool) -> None:
    server.status, server.raw = status, '{"error": "because"}'
    with pytest.raises(EmbeddingsFailed, match=f"{status}.*because") as caught:
        endpoint(server).vectors(["A car"], seconds=5)
    assert isinstance(caught.value, TextsRefused) == refused
    assert "sk-1" not in str(caught.value)


def test_nobody_waits_for_ever(server: EmbeddingsServer) -> None:
    server.shutdown()
    with pytest.raises(EmbeddingsFailed, match=r"within 0\.2 seconds"):
        endpoint(server).vectors(["A car"], seconds=0.2)
