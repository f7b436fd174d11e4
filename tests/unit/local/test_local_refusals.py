"""What the platform refuses: one row per documented limit, in OpenAI's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from retinue.local.platform import Limits

pytestmark = pytest.mark.anyio

TOOL = {"type": "function", "function": {"name": "quiz"}}
FUNCTION = "tools[0].function"
SEARCH = "tools[0].file_search"
STATIC = "chunking_strategy.static"


def _tool(**function: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": function}]}


def _search(**settings: Any) -> dict[str, Any]:
    return {"tools": [{"type": "file_search", "file_search": settings}]}


def _chunks(size: Any, overlap: Any) -> dict[str, Any]:
    static = {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}
    return {"chunking_strategy": {"type": "static", "static": static}}


def _pairs(count: int) -> dict[str, str]:
    return {f"k{number}": "v" for number in range(count)}


# (fields of the body, code, param)
ASSISTANT: list[tuple[dict[str, Any], str, str]] = [
    ({"model": None}, "invalid_type", "model"),
    ({"model": ""}, "string_below_min_length", "model"),
    ({"model": 4}, "invalid_type", "model"),
    ({"modle": "m"}, "unknown_parameter", "modle"),
    ({"name": "n" * 257}, "string_above_max_length", "name"),
    ({"name": ["n"]}, "invalid_type", "name"),
    ({"description": "d" * 513}, "string_above_max_length", "description"),
    ({"instructions": "i" * 256_001}, "string_above_max_length", "instructions"),
    ({"temperature": 2.1}, "decimal_above_max_value", "temperature"),
    ({"temperature": -1}, "decimal_below_min_value", "temperature"),
    ({"temperature": "hot"}, "invalid_type", "temperature"),
    ({"temperature": True}, "invalid_type", "temperature"),
    ({"top_p": 1.01}, "decimal_above_max_value", "top_p"),
    ({"reasoning_effort": "huge"}, "invalid_value", "reasoning_effort"),
    ({"metadata": _pairs(17)}, "object_above_max_properties", "metadata"),
    ({"metadata": {"k" * 65: "v"}}, "string_above_max_length", "metadata." + "k" * 65),
    ({"metadata": {"k": "v" * 513}}, "string_above_max_length", "metadata.k"),
    ({"metadata": {"k": 1}}, "invalid_type", "metadata.k"),
    ({"metadata": "k=v"}, "invalid_type", "metadata"),
    ({"tools": None}, "invalid_type", "tools"),
    ({"tools": [TOOL] * 129}, "array_above_max_length", "tools"),
    ({"tools": [{}]}, "missing_required_parameter", "tools[0].type"),
    ({"tools": ["code_interpreter"]}, "invalid_type", "tools[0]"),
    ({"tools": [{"type": "retrieval"}]}, "invalid_value", "tools[0].type"),
    ({"tools": [{"type": 1}]}, "invalid_type", "tools[0].type"),
    ({"tools": [{"type": "code_interpreter", "x": 1}]}, "unknown_parameter", "tools[0].x"),
    ({"tools": [{"type": "function"}]}, "missing_required_parameter", FUNCTION),
    (_tool(), "missing_required_parameter", f"{FUNCTION}.name"),
    (_tool(name="a b"), "invalid_value", f"{FUNCTION}.name"),
    (_tool(name="quiz\n"), "invalid_value", f"{FUNCTION}.name"),
    (_tool(name="a" * 65), "invalid_value", f"{FUNCTION}.name"),
    (_tool(name="a", parameters=[]), "invalid_type", f"{FUNCTION}.parameters"),
    (_tool(name="a", strict="yes"), "invalid_type", f"{FUNCTION}.strict"),
    (_search(max_num_results=0), "integer_below_min_value", f"{SEARCH}.max_num_results"),
    (_search(max_num_results=51), "integer_above_max_value", f"{SEARCH}.max_num_results"),
    (_search(max_num_results=1.5), "invalid_type", f"{SEARCH}.max_num_results"),
    (
        _search(ranking_options={"ranker": "auto"}),
        "missing_required_parameter",
        f"{SEARCH}.ranking_options.score_threshold",
    ),
    (
        _search(ranking_options={"score_threshold": 0, "ranker": "best"}),
        "invalid_value",
        f"{SEARCH}.ranking_options.ranker",
    ),
    ({"response_format": "json"}, "invalid_value", "response_format"),
    ({"response_format": 1}, "invalid_type", "response_format"),
    ({"response_format": {"type": "xml"}}, "invalid_value", "response_format.type"),
    (
        {"response_format": {"type": "json_schema", "json_schema": {}}},
        "missing_required_parameter",
        "response_format.json_schema.name",
    ),
    ({"tool_resources": []}, "invalid_type", "tool_resources"),
    ({"tool_resources": {"shell": {}}}, "unknown_parameter", "tool_resources.shell"),
    (
        {"tool_resources": {"code_interpreter": {"file_ids": ["f"] * 21}}},
        "array_above_max_length",
        "tool_resources.code_interpreter.file_ids",
    ),
    (
        {"tool_resources": {"file_search": {"vector_store_ids": ["a", "b"]}}},
        "array_above_max_length",
        "tool_resources.file_search.vector_store_ids",
    ),
]

ASSISTANT_CREATE: list[tuple[dict[str, Any], str, str]] = [
    (
        {"tool_resources": {"file_search": {"vector_stores": [{}], "vector_store_ids": []}}},
        "invalid_value",
        "tool_resources.file_search.vector_stores",
    ),
    (
        {"tool_resources": {"file_search": {"vector_stores": [{}, {}]}}},
        "array_above_max_length",
        "tool_resources.file_search.vector_stores",
    ),
]

ASSISTANT_UPDATE: list[tuple[dict[str, Any], str, str]] = [
    (
        {"tool_resources": {"file_search": {"vector_stores": []}}},
        "unknown_parameter",
        "tool_resources.file_search.vector_stores",
    ),
]

EXPIRY = "expires_after"
STORE: list[tuple[dict[str, Any], str, str]] = [
    ({"nmae": "x"}, "unknown_parameter", "nmae"),
    ({"name": 1}, "invalid_type", "name"),
    ({"metadata": _pairs(17)}, "object_above_max_properties", "metadata"),
    ({EXPIRY: {"days": 1}}, "missing_required_parameter", f"{EXPIRY}.anchor"),
    ({EXPIRY: {"anchor": "created_at", "days": 1}}, "invalid_value", f"{EXPIRY}.anchor"),
    (
        {EXPIRY: {"anchor": "last_active_at", "days": 0}},
        "integer_below_min_value",
        f"{EXPIRY}.days",
    ),
    (
        {EXPIRY: {"anchor": "last_active_at", "days": 366}},
        "integer_above_max_value",
        f"{EXPIRY}.days",
    ),
]

STORE_CREATE: list[tuple[dict[str, Any], str, str]] = [
    ({"file_ids": ["f"] * 501}, "array_above_max_length", "file_ids"),
    ({"file_ids": [1]}, "invalid_type", "file_ids[0]"),
    ({"chunking_strategy": {"type": "other"}}, "invalid_value", "chunking_strategy.type"),
    ({"chunking_strategy": {"type": "static"}}, "missing_required_parameter", STATIC),
    (_chunks(99, 0), "integer_below_min_value", f"{STATIC}.max_chunk_size_tokens"),
    (_chunks(4097, 0), "integer_above_max_value", f"{STATIC}.max_chunk_size_tokens"),
    (_chunks(100, -1), "integer_below_min_value", f"{STATIC}.chunk_overlap_tokens"),
    (_chunks(100, 51), "invalid_value", f"{STATIC}.chunk_overlap_tokens"),
]

ATTACH: list[tuple[dict[str, Any], str, str]] = [
    ({}, "missing_required_parameter", "file_id"),
    ({"file_id": "f", "attributes": _pairs(17)}, "object_above_max_properties", "attributes"),
    ({"file_id": "f", "attributes": {"a": None}}, "invalid_type", "attributes.a"),
    ({"file_id": "f", "attributes": {"a": []}}, "invalid_type", "attributes.a"),
    ({"file_id": "f", "attributes": {"a": "v" * 513}}, "string_above_max_length", "attributes.a"),
]

BATCH: list[tuple[dict[str, Any], str, str]] = [
    ({}, "missing_required_parameter", "file_ids"),
    ({"file_ids": []}, "array_below_min_length", "file_ids"),
    ({"file_ids": ["f"] * 2001}, "array_above_max_length", "file_ids"),
    ({"file_ids": ["f"], "files": [{"file_id": "f"}]}, "invalid_value", "files"),
    ({"files": [{"file_id": "f", "x": 1}]}, "unknown_parameter", "files[0].x"),
]

NEW = "/assistants"
CASES = [
    *((NEW, {"model": "m"} | body, code, param) for body, code, param in ASSISTANT),
    *((NEW, {"model": "m"} | body, code, param) for body, code, param in ASSISTANT_CREATE),
    (NEW, {}, "missing_required_parameter", "model"),
    *(("/assistants/{assistant}", *case) for case in (*ASSISTANT, *ASSISTANT_UPDATE)),
    *(("/vector_stores", *case) for case in (*STORE, *STORE_CREATE)),
    *(("/vector_stores/{store}", *case) for case in STORE),
    ("/vector_stores/{store}", {"description": "x"}, "unknown_parameter", "description"),
    *(("/vector_stores/{store}/files", *case) for case in ATTACH),
    *(("/vector_stores/{store}/file_batches", *case) for case in BATCH),
]


@dataclass(frozen=True)
class Existing:
    """Objects that the paths of the table may name."""

    assistant: str
    store: str


@pytest.fixture
async def existing(http: httpx2.AsyncClient) -> Existing:
    assistant = (await http.post("/assistants", json={"model": "m"})).json()
    store = (await http.post("/vector_stores", json={})).json()
    return Existing(assistant["id"], store["id"])


@pytest.mark.parametrize(
    ("path", "body", "code", "param"),
    CASES,
    ids=[f"{path} {code} {param[:40]}" for path, _, code, param in CASES],
)
async def test_refused_bodies(
    http: httpx2.AsyncClient,
    existing: Existing,
    *,
    path: str,
    body: dict[str, Any],
    code: str,
    param: str,
) -> None:
    place = path.format(assistant=existing.assistant, store=existing.store)
    before = [(await http.get(kind)).json() for kind in ("/assistants", "/vector_stores")]
    answer = await http.post(place, json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param), error
    assert error["type"] == "invalid_request_error"
    after = [(await http.get(kind)).json() for kind in ("/assistants", "/vector_stores")]
    assert after == before


MESSAGES = [
    ({"modle": "m"}, "Unknown parameter: 'modle'."),
    ({}, "Missing required parameter: 'model'."),
    (
        {"model": "m", "temperature": "hot"},
        "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    ),
    ({"model": None}, "Invalid type for 'model': expected a string, but got null instead."),
    (
        {"model": "m", "name": "n" * 300},
        (
            "Invalid 'name': string too long. Expected a string with maximum length 256, "
            "but got a string with length 300 instead."
        ),
    ),
    (
        {"model": "m", "tools": [TOOL] * 130},
        (
            "Invalid 'tools': array too long. Expected an array with maximum length 128, "
            "but got an array with length 130 instead."
        ),
    ),
    (
        {"model": "m", "metadata": _pairs(24)},
        (
            "Invalid 'metadata': too many properties. Expected an object with at most 16 "
            "properties, but got an object with 24 properties instead."
        ),
    ),
    (
        {"model": "m", "temperature": 3},
        (
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, "
            "but got 3 instead."
        ),
    ),
    (
        {"model": "m", "tools": [{"type": "retrieval"}]},
        (
            "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'file_search', "
            "and 'function'."
        ),
    ),
    (
        {"model": "m", "response_format": "json"},
        "Invalid value: 'json'. Value must be 'auto'.",
    ),
]


@pytest.mark.parametrize(("body", "message"), MESSAGES, ids=[each[1][:40] for each in MESSAGES])
async def test_messages(http: httpx2.AsyncClient, body: dict[str, Any], message: str) -> None:
    assert (await http.post("/assistants", json=body)).json()["error"]["message"] == message


AT_THE_LIMIT: list[dict[str, Any]] = [
    {"name": "☃" * 256, "description": "d" * 512, "instructions": "i" * 256_000},
    {"temperature": 2, "top_p": 0},
    {"metadata": {"k" * 62 + f"{n:02}": "v" * 512 for n in range(16)}},
    {"tools": [TOOL] * 128},
    _tool(name="a" * 64, parameters={"type": "object"}, description="d", strict=True),
    _search(max_num_results=50, ranking_options={"score_threshold": 1}),
    {"reasoning_effort": "max", "response_format": {"type": "text"}},
]


@pytest.mark.parametrize("body", AT_THE_LIMIT)
async def test_the_limits_themselves_are_allowed(
    http: httpx2.AsyncClient, body: dict[str, Any]
) -> None:
    answer = await http.post("/assistants", json={"model": "m"} | body)
    assert answer.status_code == 200, answer.text


# --- The body as such --------------------------------------------------------------------------

BAD_JSON = [
    b"{",
    b"[]",
    b'"text"',
    b"\xff{}",
    b'{"model": NaN}',
    b'{"temperature": 1e999}',
    b'{"model": "\\ud800"}',
    b'{"a":' * 100_000,
    b'{"n": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("body", BAD_JSON, ids=[repr(body[:20]) for body in BAD_JSON])
async def test_bodies_that_are_not_json_objects(http: httpx2.AsyncClient, body: bytes) -> None:
    answer = await http.post("/assistants", content=body)
    assert answer.status_code == 400
    assert "could not parse the JSON body" in answer.json()["error"]["message"]


async def test_other_content_types(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/assistants", data={"model": "m"})
    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "unsupported_content_type"


async def test_escaped_pairs_are_text(http: httpx2.AsyncClient) -> None:
    body = b'{"model": "m", "name": "\\ud83d\\ude00 \\u0000"}'
    assert (await http.post("/assistants", content=body)).json()["name"] == "😀 \0"


class TestSmallLimit:
    """With a small limit, so that the tests needn't send 96 MiB."""

    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(json_bytes=1000)

    async def test_too_large_is_413(self, http: httpx2.AsyncClient) -> None:
        answer = await http.post("/assistants", json={"model": "m" * 1000})
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "request_too_large"
