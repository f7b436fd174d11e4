"""The envelope of every answer: keys, beta headers, response headers, unknown addresses, faults."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, AuthenticationError
from starlette.applications import Starlette

from retinue.local.app import close_app, create_app

pytestmark = pytest.mark.anyio


async def test_answers_are_checked_against_the_description(
    http: httpx2.AsyncClient, conformance: Any
) -> None:
    """The hook of this suite itself: one check per answer, refusals included."""
    if not conformance.possible:
        pytest.skip("the API description is not here")
    await http.get("/models")
    await http.get("/files/file-lost")
    assert conformance.checked == 2


async def test_every_answer_carries_the_headers(http: httpx2.AsyncClient) -> None:
    answers = [await http.get(path) for path in ("/models", "/files/file-lost", "/nowhere")]
    assert [answer.status_code for answer in answers] == [200, 404, 404]
    for answer in answers:
        assert answer.headers["x-request-id"].startswith("req_")
        assert answer.headers["openai-processing-ms"].isdecimal()
        assert answer.headers["content-type"] == "application/json"
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer  ", "Basic dXNlcg=="])
async def test_a_key_is_needed(http: httpx2.AsyncClient, header: str) -> None:
    answer = await http.get("/models", headers={"Authorization": header})
    assert answer.status_code == 401
    assert "didn't provide an API key" in answer.json()["error"]["message"]


async def test_a_key_that_is_set_is_checked(database: Path, conformance: Any) -> None:
    app = create_app(database, key="the-house-key-☃")
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), event_hooks={"response": [conformance]}
    ) as http:
        wrong = AsyncOpenAI(
            api_key="sk-somebody-elses-1234", base_url="http://platform.test/v1", http_client=http
        )
        with pytest.raises(AuthenticationError, match=r"sk-\*\*\*1234") as caught:
            await wrong.models.list()
        assert caught.value.code == "invalid_api_key"
        right = {b"Authorization": "Bearer the-house-key-☃".encode()}
        assert (await http.get("http://platform.test/v1/models", headers=right)).is_success
    close_app(app)


@pytest.mark.parametrize(
    ("beta", "status"),
    [
        ("assistants=v2", 200),
        ("agents=v1, assistants=v2", 200),
        ("", 400),
        ("agents=v1", 400),
        ("assistants=v1", 200),
        ("assistants=v3", 400),
    ],
)
async def test_assistants_need_the_beta_header(
    http: httpx2.AsyncClient, beta: str, status: int
) -> None:
    answer = await http.get("/assistants", headers={"OpenAI-Beta": beta})
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"]["code"] == "invalid_beta"
        assert "'OpenAI-Beta: assistants=v2'" in answer.json()["error"]["message"]
        assert ("assistants=v1" in answer.text) == (beta == "assistants=v1")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/x"), ("GET", "/v1/assistants/"), ("GET", "/assistants"), ("DELETE", "/")],
)
async def test_unknown_addresses(http: httpx2.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, f"http://platform.test{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"Invalid URL ({method} {path})"


async def test_wrong_methods(http: httpx2.AsyncClient) -> None:
    answer = await http.put("/assistants")
    assert answer.status_code == 405
    error = answer.json()["error"]
    assert error["code"] == "method_not_supported"
    assert error["message"].startswith("Not allowed to PUT on /v1/assistants.")


async def test_a_fault_of_the_server_is_a_500(
    http: httpx2.AsyncClient, app: Starlette, caplog: pytest.LogCaptureFixture
) -> None:
    with app.state.platform.database.write() as connection:
        connection.execute("DROP TABLE assistant_files")
    await http.post("/vector_stores", json={})
    answer = await http.post("/assistants", json={"model": "m"})
    assert (await http.get("/assistants")).status_code == 500
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert answer.headers["x-request-id"] in caplog.text


async def test_a_database_kept_by_another_is_a_503(
    http: httpx2.AsyncClient, app: Starlette, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_app(app)
    monkeypatch.setattr("retinue.local.database._BUSY_SECONDS", 0.01)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = await http.post("/vector_stores", json={})
        assert (await http.get("/vector_stores")).status_code == 200
    finally:
        other.close()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["error"]["code"] == "database_busy"
    assert (await http.post("/vector_stores", json={})).status_code == 200
