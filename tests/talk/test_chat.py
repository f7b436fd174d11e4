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

PATIENCE = 20


@dataclass
class Chatting:
    """Somebody at the keyboard."""

    process: subprocess.Popen[bytes]
    keyboard: int
    seen: str = ""

    def type(self, text: str) -> None:
        os.write(self.keyboard, text.encode())

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


def test_questions_build_upon_each_other_until_the_end(school: Shell) -> None:
    with chatting(school, "plain") as chat:
        chat.wait_for("Talking to assistant.plain")
        chat.wait_for("> ")
        chat.type("first\n")
        chat.wait_for("The answer to first")
        chat.wait_for("thread thread_")
        first = chat.seen.split()[0]
        chat.type("second\n")
        chat.wait_for("The answer to second")
        chat.wait_for("thread thread_")
        chat.type("/new\n")
        chat.wait_for("a new conversation")
        chat.type("third\n")
        chat.wait_for("The answer to third")
        chat.type("/quit\n")
        chat.wait_for("thread thread_")
        assert chat.process.wait(PATIENCE) == 0
        assert first


def test_ctrl_c_ends_the_answer_and_ctrl_d_the_chat(school: Shell) -> None:
    with chatting(school, "plain") as chat:
        chat.wait_for("> ")
        chat.type("slowly\n")
        chat.wait_for("word2")
        chat.type("\x03")
        chat.wait_for("cancelled")
        chat.wait_for("> ")
        chat.type("and now\n")
        chat.wait_for("The answer to and now")
        chat.wait_for("> ")
        chat.type("\x04")
        assert chat.process.wait(PATIENCE) == 0


def test_a_function_without_a_handler_is_answered_by_the_person(school: Shell) -> None:
    with chatting(school, "tutor") as chat:
        chat.wait_for("> ")
        chat.type("quiz\n")
        chat.wait_for("The assistant calls display_quiz with")
        chat.wait_for("Its output")
        chat.type("all right\n")
        chat.wait_for("Outputs: all right")


def test_a_file_goes_with_the_next_question(school: Shell) -> None:
    with chatting(school, "reader") as chat:
        chat.wait_for("> ")
        chat.type("/file nowhere.md\n")
        chat.wait_for("there is no such file")
        chat.type("/file retinue.yaml\n")
        chat.wait_for("goes with the next question")
        chat.type("/fiel x\n")
        chat.wait_for("there is no /fiel")
        chat.type("/steps\n")
        chat.wait_for("steps are shown")


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
