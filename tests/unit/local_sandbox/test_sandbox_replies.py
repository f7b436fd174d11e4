"""A sandbox that was taken over and answers what it likes: the host's own bounds hold."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from retinue.local.sandbox import Execution, Limits, Session
from retinue.local.sandbox.confinement import Account, Confinement
from retinue.local.sandbox.inside import wire
from retinue.local.sandbox.inside.transcript import Transcript
from retinue.local.sandbox.interpreters import Interpreter

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a sandbox is a POSIX process")

LIMITS = Limits(
    wall_seconds=5, output_bytes=1000, images=1, image_bytes=1000, results=1, result_bytes=1000
)


@dataclass(frozen=True, slots=True)
class TakenOver(Confinement):
    """No sandbox at all: a process of the test's own that says its piece and hangs up."""

    speech: bytes = b""
    then: str = "os.close(1)"

    def command(self, limits: Limits, handed: ExitStack) -> tuple[list[str], tuple[int, ...]]:
        del limits, handed
        code = f"import os, sys; os.write(1, {self.speech!r}); {self.then}; sys.stdin.buffer.read()"
        return [sys.executable, "-I", "-S", "-c", code], ()


def frame(header: object, *body: bytes) -> bytes:
    encoded = json.dumps(header).encode()
    chunks = b"".join(wire.LENGTH.pack(len(each)) + each for each in body)
    return wire.LENGTH.pack(len(encoded)) + encoded + chunks + wire.LENGTH.pack(0)


@pytest.fixture(autouse=True)
def as_ourselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retinue.local.sandbox.room.account", Account)  # can read our interpreter


READY = frame({"op": "ready"})
DONE = frame({"op": "done", "cause": "", "left_out": 0})
PNG = b"\x89PNG\r\n\x1a\n"


def answered(*speech: bytes) -> Execution:
    confinement = TakenOver("", Interpreter(""), READY + b"".join(speech))

    return run(confinement, LIMITS)


def run(confinement: Confinement, limits: Limits) -> Execution:
    async def once() -> Execution:
        async with Session(confinement, limits) as session:
            return await session.run("1")

    return asyncio.run(once())


def test_an_honest_answer_is_read() -> None:
    speech = [frame({"op": "text"}, b"a", b"b"), frame({"op": "image"}, PNG)]
    speech += [frame({"op": "file", "name": "../../x"}, b"data"), DONE]
    execution = answered(*speech)
    assert execution.error is None
    assert len(execution.outputs) == 2
    assert [(file.name, file.size) for file in execution.files] == [("file/file/x", 4)]
    execution.close()


LIES: dict[str, Sequence[bytes]] = {
    "nothing": [],
    "half a frame": [b"\0\0\0\xff{"],
    "a header without end": [b"\xff\xff\xff\xff"],
    "no JSON": [wire.LENGTH.pack(3) + b"\xff{]"],
    "deep JSON": [wire.LENGTH.pack(60_000) + b"[" * 60_000],
    "a list": [frame([1])],
    "a number for a name": [frame({"op": "file", "name": 5})],
    "an unknown word": [frame({"op": "exec", "code": "1"})],
    "a word that is none": [frame({"op": ["text"]})],
    "too much text": [frame({"op": "text"}, b"x" * 3000), DONE],
    "too much text in pieces": [frame({"op": "text"}, b"x" * 900)] * 4 + [DONE],
    "a chunk without end": [frame({"op": "text"})[:-4] + b"\xff\xff\xff\xff"],
    "a picture too many": [frame({"op": "image"}, PNG)] * 2 + [DONE],
    "a picture too large": [frame({"op": "image"}, PNG + b"x" * 2000), DONE],
    "a file too many": [frame({"op": "file", "name": "a"}, b"x")] * 2 + [DONE],
    "a file too large": [frame({"op": "file", "name": "a"}, b"x" * 2000), DONE],
    "an unknown cause": [frame({"op": "done", "cause": "<b>"})],
    "a cause that is none": [frame({"op": "done", "cause": {"a": 1}})],
    "a body where none belongs": [frame({"op": "done", "cause": ""}, b"x")],
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_ends_the_conversation(lie: str) -> None:
    execution = answered(*LIES[lie])
    assert execution.cause == "broken"
    assert str(execution.error).startswith("The sandbox broke off: ")
    assert (execution.outputs, execution.files) == ((), ())


def test_silence_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retinue.local.sandbox.session._GRACE_SECONDS", -4)
    silent = TakenOver("", Interpreter(""), READY, then="pass")
    assert run(silent, LIMITS).cause == "timeout"


def test_results_whose_shown_names_are_equal_get_numbers() -> None:
    limits = Limits(wall_seconds=5)
    speech = [READY, *(frame({"op": "file", "name": name}, b"x") for name in ("a\n", "a")), DONE]
    confinement = TakenOver("", Interpreter(""), b"".join(speech))
    execution = run(confinement, limits)
    assert [file.name for file in execution.files] == ["a", "a-2"]
    execution.close()


def test_a_transcript_keeps_pictures_between_the_texts() -> None:
    transcript = Transcript(1000)
    transcript.text(b"a")
    transcript.text(b"b")
    transcript.image(b"png")
    transcript.text(b"c")
    assert list(transcript.parts()) == [("text", b"ab"), ("image", b"png"), ("text", b"c")]


def test_a_transcript_that_just_fits_has_no_notice() -> None:
    transcript = Transcript(8)
    transcript.text(b"12345678")
    assert b"".join(data for _, data in transcript.parts()) == b"12345678"
