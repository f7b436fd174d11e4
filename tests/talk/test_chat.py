"""`retinue chat` at a real pseudo-terminal."""

from __future__ import annotations

import codecs
import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from tests.cli.shell import ENTRY, Shell, plain_environment
from tests.talk.conftest import WORDS, on_all

PATIENCE = 20
CTRL_C, CTRL_D = "\x03", "\x04"


@dataclass
class Chatting:
    """Somebody at the keyboard."""

    process: subprocess.Popen[bytes]
    keyboard: int
    seen: str = ""
    decoder: codecs.IncrementalDecoder = field(
        default_factory=codecs.getincrementaldecoder("utf-8")
    )

    def type(self, text: str) -> None:
        os.write(self.keyboard, text.encode())

    def say(self, line: str, *seen: str) -> None:
        """Type a line, and wait for one text after the other."""
        self.type(f"{line}\n")
        for text in seen:
            self.wait_for(text)

    def wait_for(self, text: str) -> None:
        """Read until ``text`` is there, and forget what was read up to it."""
        assert self._sees(text, PATIENCE), f"never saw {text!r} in {self.seen!r}"
        self.seen = self.seen.partition(text)[2]

    def leave(self, key: str, seen: str) -> None:
        """Press a key that ends a question, until ``seen``: the first Ctrl-C may come before the
        question listens."""
        self.type(key)
        while key == CTRL_C and not self._sees(seen, 2):
            self.type(key)
        self.wait_for(seen)

    def _sees(self, text: str, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while text not in self.seen:
            if time.monotonic() > until:
                return False
            if select.select([self.keyboard], [], [], 0.2)[0]:
                self.seen += self.decoder.decode(os.read(self.keyboard, 4096))
        return True


@contextmanager
def chatting(school: Shell, *args: str) -> Iterator[Chatting]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*ENTRY, "chat", *args],
        cwd=school.root,
        env=plain_environment() | {"TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_take_terminal,  # noqa: PLW1509 - one thread, and Ctrl-C needs a terminal
    )
    os.close(theirs)
    try:
        yield Chatting(process, ours)
    finally:
        process.kill()
        process.wait(10)
        os.close(ours)


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@on_all
def test_questions_build_upon_each_other_until_the_end(school: Shell, target: str) -> None:
    conversation, _ = WORDS[target]
    with chatting(school, "plain") as chat:
        chat.wait_for("Talking to assistant.plain")
        chat.wait_for("> ")
        chat.say("first", "The answer to first", conversation)
        chat.say("second", "The answer to second", conversation)
        chat.say("/new", "a new conversation")
        chat.say("third", "The answer to third")
        chat.say("/quit", conversation)
        assert chat.process.wait(PATIENCE) == 0


@on_all
def test_ctrl_c_ends_the_answer_and_ctrl_d_the_chat(school: Shell) -> None:
    with chatting(school, "plain") as chat:
        chat.wait_for("> ")
        chat.say("slowly", "word2")
        chat.type(CTRL_C)
        chat.wait_for("cancelled")
        chat.wait_for("> ")
        chat.say("and now", "The answer to and now", "> ")
        chat.type(CTRL_D)
        assert chat.process.wait(PATIENCE) == 0


@on_all
def test_a_function_without_a_handler_is_answered_by_the_person(school: Shell) -> None:
    with chatting(school, "tutor") as chat:
        chat.wait_for("> ")
        chat.say("quiz", "The assistant calls display_quiz with", "Its output")
        chat.say("all right", "Outputs: all right")


@on_all
@pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
def test_who_does_not_answer_a_function_stays_in_the_chat(school: Shell, key: str) -> None:
    with chatting(school, "tutor") as chat:
        chat.wait_for("> ")
        chat.say("quiz", "Its output")
        chat.leave(key, "cancelled")
        chat.wait_for("> ")
        chat.say("life", "The answer to life", "> ")
        chat.type(CTRL_D)
        assert chat.process.wait(PATIENCE) == 0


def test_parts_of_a_character_may_come_one_by_one(school: Shell) -> None:
    """Joined by what can't be seen, which by itself would be spelt out."""
    with chatting(school, "plain") as chat:
        chat.wait_for("> ")
        chat.say("\u0645\u06cc\u200c\u062e\u0648 \U0001f469\u200d\U0001f4bb spelt", "joined: ")
        chat.wait_for("\u0645\u06cc\u200c\u062e\u0648 \U0001f469\u200d\U0001f4bb spelt")


def test_a_file_goes_with_the_next_question(school: Shell) -> None:
    with chatting(school, "reader") as chat:
        chat.wait_for("> ")
        chat.say("/file nowhere.md", "there is no such file")
        chat.say("/file retinue.yaml", "goes with the next question")
        chat.say("/fiel x", "there is no /fiel")
        chat.say("/steps", "steps are shown")


@on_all
def test_without_a_terminal_lines_are_questions(school: Shell) -> None:
    done = subprocess.run(
        [*ENTRY, "chat", "plain"],
        cwd=school.root,
        env=plain_environment(),
        input="one\ntwo\n",
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == "The answer to one\nThe answer to two\n"
