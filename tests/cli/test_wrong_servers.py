"""Servers that are not what they should be: each command says what, where and what next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests.cli.conftest import KEY
from tests.cli.shell import Done, Shell
from tests.cli.test_failures import problems_of
from tests.support.proxy import Proxy
from tests.support.wire import Message

MANIFEST = """\
files:
  paper: {path: a.md}
vector_stores:
  notes: {}
assistants:
  tutor:
    model: some-model
    instructions: Be kind.
    checks: [{ask: Why?, contains: because}]
"""
WRONG = {
    "an empty object": "{}",
    "an empty list": "[]",
    "null": "null",
    "a text": '"welcome"',
    "no list": '{"data": null}',
    "no objects": '{"data": [1]}',
    "no text as the ID": '{"id": 5}',
    "a page of the web": "<!doctype html><title>Welcome</title>",
    "nothing": "",
}
READING = [["plan"], ["apply", "--auto-approve"], ["drift"], ["destroy", "--auto-approve"]]
TALKING = [["ask", "tutor", "Why?"], ["test"]]


@pytest.fixture
def proxy(server: str) -> Iterator[Proxy]:
    with Proxy(server).running() as proxy:
        yield proxy


@pytest.fixture
def shell(tmp_path: Path, proxy: Proxy) -> Shell:
    """A project on the server behind the proxy."""
    shell = Shell(tmp_path / "wrong", {"OPENAI_API_KEY": KEY})
    name = f"wrong-{uuid4().hex[:12]}"  # the server is shared: nothing of another test looks alike
    platform = f"{{api: openai, base_url: {proxy.url}}}"
    shell.write(
        {
            "retinue.yaml": f"project: {name}\ntarget: responses\nplatform: {platform}\n",
            "assistants/team.yaml": MANIFEST.replace("a.md", f"{name}.md"),
            f"assistants/{name}.md": "What we read.\n",
        }
    )
    return shell


def gone_wrong(proxy: Proxy, content: str, *, status: int = 200, **headers: str) -> None:
    """From here on the server answers everything so."""
    kind = "text/html" if content.startswith("<") else "application/json"
    fields = [("Content-Type", kind), *((n.replace("_", "-"), v) for n, v in headers.items())]
    rule = proxy.on("*", "/**", times=None).rule
    rule.before = lambda _: Message(f"HTTP/1.1 {status} Wrong", fields, content.encode())
    proxy.add(rule)
    proxy.requests.clear()


def writes(proxy: Proxy) -> list[str]:
    return [str(each) for each in proxy.requests if each.method != "GET"]


def told(done: Done) -> str:
    """What it says; no traceback is among it."""
    assert "Traceback" not in done.err + done.out
    assert "RTN-ERROR" not in done.err
    return done.err


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
class TestAnythingButTheApi:
    @pytest.mark.parametrize("command", READING[:2], ids=lambda args: args[0])
    def test_nothing_is_planned_or_made_without_a_state(
        self, shell: Shell, proxy: Proxy, content: str, command: list[str]
    ) -> None:
        gone_wrong(proxy, content)
        done = shell(*command)
        assert done.code == 1
        said = told(done)
        assert "GET /vector_stores: the server's answer is not what the API promises (" in said
        assert "hint: check base_url: it usually ends in /v1" in said
        assert "RTN-PLATFORM-UNAVAILABLE" in said
        assert "to add" not in done.out
        assert writes(proxy) == []
        lists = [each for each in proxy.requests if each.path.endswith("/vector_stores")]
        assert len(lists) == 1  # asked again, it would be no other

    @pytest.mark.parametrize("command", READING + TALKING, ids=lambda args: args[0])
    def test_what_was_applied_is_left_alone(
        self, shell: Shell, proxy: Proxy, content: str, command: list[str]
    ) -> None:
        shell.ok("apply", "--auto-approve")
        known = shell.ok("state", "list").out
        gone_wrong(proxy, content)
        done = shell(*command)
        assert done.code == 1
        assert "the server's answer is not what the API promises (" in told(done) + done.out
        assert shell.ok("state", "list").out == known
        if command in READING:
            assert writes(proxy) == []

    @pytest.mark.parametrize("command", ["plan", "drift"])
    def test_a_document_tells_it(
        self, shell: Shell, proxy: Proxy, content: str, command: str
    ) -> None:
        shell.ok("apply", "--auto-approve")
        gone_wrong(proxy, content)
        done = shell(command, "--json")
        assert done.code == 1
        (problem,) = problems_of(done)
        assert problem["code"] == "RTN-PLATFORM-UNAVAILABLE"
        assert "base_url" in problem["hint"]


def test_an_apply_whose_creates_are_answered_with_nothing_makes_nothing_twice(
    shell: Shell, proxy: Proxy
) -> None:
    """The file is made, and the answer is garbage: it is looked for, as after a lost answer."""

    def garbled(_: object, reply: Message) -> Message:
        return Message(reply.start, [("Content-Type", "application/json")], b"{}")

    rule = proxy.on("POST", "/files", times=None).rule
    rule.after = garbled
    proxy.add(rule)
    done = shell.ok("apply", "--auto-approve")
    assert "the answer was lost; found as" in done.err
    assert len([each for each in writes(proxy) if "/files" in each]) == 1
    assert shell("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"]])
def test_a_server_that_fails_is_to_be_tried_later(
    shell: Shell, proxy: Proxy, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retinue.platform.limiter.BACKOFF_BASE", 0.0)
    gone_wrong(proxy, json.dumps({"error": {"message": "out of order"}}), status=500)
    said = told(shell(*command))
    assert "GET /vector_stores: 500 out of order" in said
    assert "try again later" in said
    assert "saved" not in said


@pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"], *TALKING])
def test_a_wrong_key_says_which_variable_and_where(
    shell: Shell, proxy: Proxy, command: list[str]
) -> None:
    shell.ok("apply", "--auto-approve")
    done = Shell(shell.root, {"OPENAI_API_KEY": "not-the-key"})(*command)
    said = told(done) + done.out
    assert "401" in said
    assert f"check the API key for {proxy.url}" in said
    assert "OPENAI_API_KEY" in said
    assert "not-the-key" not in said


@pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"], *TALKING])
def test_a_server_that_is_down_is_named(
    shell: Shell, proxy: Proxy, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retinue.platform.limiter.BACKOFF_BASE", 0.0)
    shell.ok("apply", "--auto-approve")
    shell.edit("retinue.yaml", proxy.url, "http://127.0.0.1:9/v1")
    done = shell(*command)
    said = told(done) + done.out
    assert done.code == 1
    assert "can't reach http://127.0.0.1:9/v1" in said
    assert "check that the server runs and that base_url is right" in said
