"""``retinue chat``: a conversation at the terminal."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retinue.cli.options import Chosen, project_options
from retinue.cli.running import interruptible, interrupting, run_async
from retinue.cli.speaking import AnswerPrinter
from retinue.cli.talking import Talk, continue_option, talk_options
from retinue.cli.terminal import Terminal
from retinue.errors import RetinueError

if TYPE_CHECKING:
    from retinue.kinds.base import Upload
    from retinue.talk.conversation import Conversation, Party
    from retinue.talk.suite import Begin

HELP = "/file PATH attaches a file, /steps shows tools at work, /new starts anew, /quit leaves"


@click.command("chat")
@click.argument("name")
@project_options
@talk_options
@click.option("--steps", is_flag=True, help="Show tool calls, code and search results.")
@continue_option
def command(*, chosen: Chosen, talk: Talk, name: str, steps: bool, thread: str | None) -> None:
    """Talk to the assistant NAME.

    In the chat: /file PATH, /steps, /new, /quit. Ctrl-C ends the answer under way, Ctrl-D leaves.
    """
    from retinue.cli.person import TerminalPerson

    terminal = Terminal.current()
    opened = talk.project(chosen)
    party = opened.party(name)
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - importing it gives input() its line editing

    with opened.tracing("chat", terminal) as tracer:

        async def work() -> None:
            person = TerminalPerson(terminal, answers=True)
            async with opened.platform(person, [party.address], tracer, parallelism=4) as begin:
                printer = AnswerPrinter(terminal, party, steps=steps)
                await Chat(terminal, begin, party, printer, begin(party, thread=thread)).run()

        run_async(work())


@dataclass(slots=True)
class Chat:
    """The loop. ``files`` go with the next question."""

    terminal: Terminal
    begin: Begin
    party: Party
    printer: AnswerPrinter
    conversation: Conversation
    files: list[Upload] = field(default_factory=list)

    async def run(self) -> None:
        """Read, answer, until the end."""
        if self.terminal.interactive:
            self.terminal.note(f"Talking to {self.party.address}. {HELP}.")
        try:
            while (line := self._read()) is not None:
                await self._obey(line.strip())
        finally:
            await self.conversation.close(forget=False)
        if self.conversation.id:
            self.terminal.note(f"{self.party.word} {self.conversation.id}")

    def _read(self) -> str | None:
        """The next line; None at the end of input and for /quit. Ctrl-C clears the line."""
        while True:
            try:
                with interruptible():
                    line = input("> " if self.terminal.interactive else "")
            except EOFError:
                return None
            except KeyboardInterrupt:
                self.terminal.note("")
                continue
            return None if line.strip() in ("/quit", "/exit") else line

    async def _obey(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if not line:
            return
        if not line.startswith("/"):
            await self._answer(line)
        elif word == "/file":
            self._attach(rest.strip())
        elif word == "/steps":
            self.printer.steps = not self.printer.steps
            self.terminal.note(f"steps are {'shown' if self.printer.steps else 'hidden'}")
        elif word == "/new":
            await self.conversation.close(forget=False)
            self.conversation = self.begin(self.party)
            self.terminal.note("a new conversation")
        else:
            self.terminal.note(f"there is no {word}: {HELP}")

    def _attach(self, written: str) -> None:
        from retinue.talk.attaching import read_file

        path = Path(written).expanduser()
        try:
            self.files.append(read_file(path))
        except RetinueError as error:
            self.terminal.error(error)
            return
        self.terminal.note(f"{path} goes with the next question")

    async def _answer(self, question: str) -> None:
        files, self.files = self.files, []
        asking = asyncio.create_task(
            self.printer.show(self.conversation.ask(question, files)), name="answer"
        )
        try:
            answer = await interrupting(asking)
        except click.Abort:  # Ctrl-C, or Ctrl-D, where something was asked
            answer = None
        except RetinueError as error:
            self.terminal.error(error)
            await self.conversation.cancel()
            return
        if answer is None:
            self.terminal.note("\ncancelled")
            await self.conversation.cancel()
        else:
            self.printer.finish(answer)
