"""`retinue chat` at a real pseudo-terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.cli.shell import ENTRY, Shell, plain_environment
from tests.talk.conftest import WORDS, on_all

PATIENCE = 20


@dataclass
class Chatting:
    """Somebody at the keyboard."""

    process: subprocess.Popen[bytes]
    keyboard: int
    seen: str = ""

    def type(self, text: str) -> None:
        os.write(self.keyboard, text.encode())

    def say(self, line: str, *seen: str) -> None:
        """Type a line, and wait for one text after the other."""
        self.type(f"{line}\n")
        for text in seen:
            self.wait_for(text)

    def wait_for(self, text: str) -> None:
        """Read until ``text`` is there, and forget what was read up to it."""
        until = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert time.monotonic() < until, f"never saw {text!r} in {self.seen!r}"
            if select.select([self.keyboard], [], [], 0.2)[0]:
                self.seen += os.read(self.keyboard, 4096).decode()
        self.seen = self.seen.partition(text)[2]


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
        chat.type("\x03")
        chat.wait_for("cancelled")
        chat.wait_for("> ")
        chat.say("and now", "The answer to and now", "> ")
        chat.type("\x04")
        assert chat.process.wait(PATIENCE) == 0


@on_all
def test_a_function_without_a_handler_is_answered_by_the_person(school: Shell) -> None:
    with chatting(school, "tutor") as chat:
        chat.wait_for("> ")
        chat.say("quiz", "The assistant calls display_quiz with", "Its output")
        chat.say("all right", "Outputs: all right")


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
