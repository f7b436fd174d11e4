"""What the client repeats and what it never does, over a scripted HTTP transport."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from tests.worlds.world import Time

from retinue.errors import (
    AuthenticationFailed,
    FamilyGone,
    NotFound,
    PlanStale,
    PlatformError,
    RateLimited,
    Rejected,
    Unavailable,
)
from retinue.kinds.base import Upload
from retinue.platform.client import ATTEMPTS, RATE_ATTEMPTS, PlatformClient, learn_from_answers
from retinue.platform.failures import family_gone
from retinue.platform.limiter import PATIENCE, Limiter
from retinue.uploads import read_uploads

URL = "https://api.test/v1"
Answer = httpx2.Response | Exception


ANYTHING = {"id": "x", "deleted": True}


def answer(status: int = 200, body: Any = None, **headers: str) -> httpx2.Response:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return httpx2.Response(status, json=ANYTHING if body is None else body, headers=named)


def cut() -> Exception:
    return httpx2.ReadError("the connection was cut")


@dataclass
class Script(httpx2.AsyncBaseTransport):
    """Answers requests in order; the last answer is repeated."""

    answers: list[Answer]
    sent: list[httpx2.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.sent.append(request)
        found = self.answers[min(len(self.sent), len(self.answers)) - 1]
        if isinstance(found, Exception):
            raise found
        return httpx2.Response(
            found.status_code, content=found.content, headers=found.headers, request=request
        )


def ask(
    script: Script, question: Callable[[PlatformClient], Awaitable[Any]], time: Time | None = None
) -> Any:
    async def work() -> Any:
        clock = time or Time()
        limiter = Limiter(4, now=clock, sleep=clock.sleep)
        hooks = {"response": [learn_from_answers(limiter)]}
        http = httpx2.AsyncClient(base_url=URL, transport=script, event_hooks=hooks)
        sdk = openai.AsyncOpenAI(api_key="k", base_url=URL, max_retries=0, http_client=http)
        client = PlatformClient(sdk, limiter, name=URL)
        try:
            return await question(client)
        finally:
            await client.close()

    return asyncio.run(work())


LOST: list[Answer] = [cut(), httpx2.ConnectTimeout("slow"), answer(500), answer(503), answer(408)]
LOST_IDS = ["cut", "time-out", "500", "503", "408"]


@pytest.mark.parametrize("lost", LOST, ids=LOST_IDS)
def test_a_create_whose_answer_is_lost_is_never_repeated(lost: Answer) -> None:
    script = Script([lost, answer()])
    with pytest.raises(Unavailable):
        ask(script, lambda client: client.create("/assistants", {"model": "m"}))
    assert len(script.sent) == 1


@pytest.mark.parametrize("lost", LOST, ids=LOST_IDS)
def test_an_upload_whose_answer_is_lost_is_never_repeated(lost: Answer, tmp_path: Path) -> None:
    script = Script([lost, answer()])
    with pytest.raises(Unavailable):
        ask(script, lambda client: client.upload("/files", {}, an_upload(tmp_path), "a.md"))
    assert len(script.sent) == 1


IDEMPOTENT: dict[str, Callable[[PlatformClient], Awaitable[Any]]] = {
    "get": lambda client: client.get("/files/f"),
    "find": lambda client: client.find("/files/f"),
    "change": lambda client: client.change("/assistants/a", {"name": "n"}),
    "delete": lambda client: client.delete("/files/f"),
}


@pytest.mark.parametrize("lost", LOST, ids=LOST_IDS)
@pytest.mark.parametrize("question", IDEMPOTENT.values(), ids=IDEMPOTENT)
def test_what_may_happen_twice_is_repeated(
    question: Callable[[PlatformClient], Awaitable[Any]], lost: Answer
) -> None:
    script = Script([lost, lost, answer()])
    ask(script, question)
    assert len(script.sent) == 3


def test_it_is_not_repeated_for_ever() -> None:
    script, time = Script([answer(500)]), Time()
    start = time.now
    with pytest.raises(Unavailable):
        ask(script, IDEMPOTENT["get"], time)
    assert len(script.sent) == ATTEMPTS
    assert 5 < time.now - start < 15


@pytest.mark.parametrize("name", ["create", *IDEMPOTENT])
def test_a_429_is_waited_for_and_repeated_even_for_a_create(name: str) -> None:
    questions = {"create": lambda client: client.create("/assistants", {}), **IDEMPOTENT}
    script, time = Script([answer(429, retry_after="3"), answer()]), Time()
    start = time.now
    ask(script, questions[name], time)
    assert len(script.sent) == 2
    assert time.now - start == pytest.approx(3, abs=0.1)


def test_a_429_that_does_not_end_is_an_error() -> None:
    script = Script([answer(429, retry_after="1")])
    with pytest.raises(RateLimited):
        ask(script, lambda client: client.create("/assistants", {}))
    assert len(script.sent) == RATE_ATTEMPTS


def test_many_requests_that_are_refused_for_ever_end_together() -> None:
    """Each 429 makes all of them wait: one patience for all, not one after the other."""
    script, time = Script([answer(429)]), Time()
    start = time.now

    async def together(client: PlatformClient) -> list[BaseException | Any]:
        requests = (client.get(f"/files/{number}") for number in range(12))
        return await asyncio.gather(*requests, return_exceptions=True)

    errors = ask(script, together, time)
    assert all(isinstance(each, RateLimited) for each in errors)
    assert time.now - start < 2 * PATIENCE


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, NotFound),
        (409, Rejected),
        (413, Rejected),
        (422, Rejected),
    ],
)
def test_a_refusal_is_final(status: int, kind: type[PlatformError]) -> None:
    body = {"error": {"message": "no such thing", "param": "model", "code": None}}
    script = Script([answer(status, body), answer()])
    with pytest.raises(kind) as caught:
        ask(script, IDEMPOTENT["get"])
    assert len(script.sent) == 1
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.message.startswith(f"GET /files/f: {status} no such thing")


def test_a_refusal_names_the_parameter() -> None:
    body = {"error": {"message": "too long", "param": "name"}}
    with pytest.raises(Rejected, match=r"too long \(parameter name\)"):
        ask(Script([answer(400, body)]), IDEMPOTENT["change"])


def test_a_used_up_account_is_no_rate_limit() -> None:
    body = {"error": {"message": "quota", "code": "insufficient_quota"}}
    script = Script([answer(429, body)])
    with pytest.raises(Rejected) as caught:
        ask(script, IDEMPOTENT["get"])
    assert "quota" in str(caught.value.hint)


def test_what_does_not_exist_is_none_or_deleted_already() -> None:
    assert ask(Script([answer(404)]), IDEMPOTENT["find"]) is None
    assert ask(Script([answer(404)]), IDEMPOTENT["delete"]) is None


@pytest.mark.parametrize("text", ["[]", "3", '"text"', "null"])
def test_an_answer_that_is_no_object_is_no_answer(text: str) -> None:
    found = httpx2.Response(200, content=text, headers={"content-type": "application/json"})
    with pytest.raises(Unavailable):
        ask(Script([found]), lambda client: client.create("/assistants", {}))


def test_requests_carry_the_key() -> None:
    script = Script([answer()])
    ask(script, IDEMPOTENT["get"])
    assert script.sent[0].headers["authorization"] == "Bearer k"


BETAS = {
    "/assistants/a": "assistants=v2",
    "/threads/t/runs": "assistants=v2",
    "/vector_stores/v/files": "assistants=v2",
    "/agents": "agents=v1",
    "/agents/environments/templates/e": "agents=v1",
    "/agents/automations/a/pause": "agents=v1",
    "/vaults/v/credentials": "agents=v1",
    "/files/f": None,
    "/skills/s/versions": None,
    "/responses": None,
    "/conversations/c/items": None,
}


@pytest.mark.parametrize(("path", "beta"), BETAS.items())
def test_requests_name_the_beta_that_the_sdk_names(
    path: str, beta: str | None, tmp_path: Path
) -> None:
    script, upload = Script([answer()]), an_upload(tmp_path)

    async def everything(client: PlatformClient) -> None:
        await client.get(path)
        await client.create(path, {})
        await client.delete(path)
        await client.upload(path, {}, upload, "a.md")

    ask(script, everything)
    assert [sent.headers.get("openai-beta") for sent in script.sent] == [beta] * 4


# --- Pages -------------------------------------------------------------------------------------


def a_page(*ids: str, more: bool, last: str | None = None) -> httpx2.Response:
    body = {"data": [{"id": each} for each in ids], "has_more": more, "last_id": last}
    return answer(200, body)


async def read_all(client: PlatformClient) -> list[list[str]]:
    return [[item["id"] for item in page] async for page in client.pages("/files", size=2)]


def test_pages_follow_the_cursor_to_the_end() -> None:
    script = Script([a_page("a", "b", more=True, last="b"), a_page("c", more=False, last="c")])
    assert ask(script, read_all) == [["a", "b"], ["c"]]
    assert [str(request.url.query, "ascii") for request in script.sent] == [
        "limit=2&order=desc",
        "limit=2&order=desc&after=b",
    ]


def test_a_page_without_a_cursor_goes_on_after_its_last_object() -> None:
    script = Script([a_page("a", "b", more=True), a_page(more=False)])
    assert ask(script, read_all) == [["a", "b"], []]
    assert "after=b" in str(script.sent[1].url)


def test_an_empty_page_ends_the_list_whatever_it_says() -> None:
    assert ask(Script([a_page(more=True)]), read_all) == [[]]


def test_pages_that_nobody_wants_are_not_read() -> None:
    script = Script([a_page("a", "b", more=True, last="b")])

    async def first(client: PlatformClient) -> list[Any]:
        pages = client.pages("/files", size=2)
        return [await anext(pages)]

    ask(script, first)
    assert len(script.sent) == 1


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/assistants", "target: responses or target: agents"),
        ("/agents", "target: responses does without"),
        ("/agents/automations", "target: responses does without"),
        ("/agents/environments/templates", "target: responses does without"),
        ("/vaults", "target: responses does without"),
        ("/skills", "Skills API"),
        ("/files", "it usually ends in /v1"),
    ],
)
def test_a_family_that_is_gone_says_so(path: str, hint: str) -> None:
    async def read(client: PlatformClient) -> list[Any]:
        return [page async for page in client.pages(path, size=2)]

    with pytest.raises(FamilyGone, match=f"has no {path}") as caught:
        ask(Script([answer(404)]), read)
    assert hint in str(caught.value.hint)


def test_where_the_address_looks_wrong_that_is_said_first() -> None:
    missing = NotFound("404", status=404)
    gone = family_gone("https://api.example", "/vaults", missing)
    assert gone is not None
    assert "it usually ends in /v1" in str(gone.hint)


@pytest.mark.parametrize("path", ["/vector_stores/vs/files", "/vaults/v/credentials"])
def test_the_list_of_what_does_not_exist_is_no_family(path: str) -> None:
    async def read(client: PlatformClient) -> list[Any]:
        return [page async for page in client.pages(path, size=2)]

    with pytest.raises(NotFound):
        ask(Script([answer(404)]), read)


# --- Uploads -----------------------------------------------------------------------------------


def an_upload(folder: Path, content: bytes = b"content") -> Upload:
    path = folder / "a.md"
    path.write_bytes(content)
    return Upload(path, "a.md", hashlib.sha256(content).hexdigest(), len(content))


def test_a_file_is_sent_with_its_fields_and_name(tmp_path: Path) -> None:
    script = Script([answer()])
    upload = an_upload(tmp_path)
    ask(script, lambda c: c.upload("/files", {"purpose": "assistants"}, upload, "b.md"))
    body = script.sent[0].content
    assert script.sent[0].headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="purpose"\r\n\r\nassistants' in body
    assert b'filename="b.md"' in body
    assert b"\r\n\r\ncontent\r\n" in body


def test_a_refused_upload_is_sent_again_whole(tmp_path: Path) -> None:
    script = Script([answer(429, retry_after="1"), answer()])
    ask(script, lambda client: client.upload("/files", {}, an_upload(tmp_path), "a.md"))
    assert all(b"content" in request.content for request in script.sent)
    assert len(script.sent) == 2


@pytest.mark.parametrize("now", [b"changed", b"longer than before", None])
def test_a_file_that_changed_since_the_plan_is_not_sent(tmp_path: Path, now: bytes | None) -> None:
    script, upload = Script([answer()]), an_upload(tmp_path)
    if now is None:
        upload.path.unlink()
    else:
        upload.path.write_bytes(now)
    with pytest.raises(PlanStale, match=r"a\.md changed after the plan was made"):
        ask(script, lambda client: client.upload("/files", {}, upload, "a.md"))
    assert script.sent == []


def a_folder(root: Path) -> Upload:
    path = root / "skill"
    path.mkdir()
    (path / "SKILL.md").write_bytes(b"cite")
    folder = (path, "skill", ("SKILL.md",))
    (upload,) = read_uploads([], root / "cache.json", folders=[folder])
    return upload


def test_a_folder_is_sent_as_one_zip(tmp_path: Path) -> None:
    script, upload = Script([answer(429, retry_after="1"), answer()]), a_folder(tmp_path)
    ask(script, lambda client: client.upload("/skills", {}, upload, "citing.zip"))
    bodies = [request.content for request in script.sent]
    assert len(bodies) == 2
    assert all(b'name="files"; filename="citing.zip"' in body for body in bodies)
    assert all(b"application/zip" in body and b"citing/SKILL.md" in body for body in bodies)


def test_a_folder_that_changed_since_the_plan_is_not_sent(tmp_path: Path) -> None:
    script, upload = Script([answer()]), a_folder(tmp_path)
    (tmp_path / "skill" / "SKILL.md").write_bytes(b"Cite")
    with pytest.raises(PlanStale, match="skill changed after the plan was made"):
        ask(script, lambda client: client.upload("/skills", {}, upload, "citing.zip"))
    assert script.sent == []


def test_bodies_are_json() -> None:
    script = Script([answer()])
    ask(script, lambda client: client.create("/assistants", {"name": "ü", "tools": []}))
    assert json.loads(script.sent[0].content) == {"name": "ü", "tools": []}
