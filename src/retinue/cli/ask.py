"""``retinue ask``: one question to an applied assistant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retinue.cli.options import Chosen, project_options
from retinue.cli.running import run_async
from retinue.cli.talking import Talk, continue_option, talk_options
from retinue.cli.terminal import Terminal
from retinue.errors import RetinueError, UsageError

if TYPE_CHECKING:
    from retinue.talk.answers import Answer


@click.command("ask")
@click.argument("name")
@click.argument("question", required=False)
@project_options
@talk_options
@click.option("--steps", is_flag=True, help="Show tool calls, code and search results.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--file", "files", metavar="PATH", multiple=True, type=click.Path(path_type=Path),
    help="Attach a file; may be repeated. It is removed again afterwards.",
)  # fmt: skip
@click.option("--keep", is_flag=True, help="Leave attached files on the platform.")
@continue_option
def command(
    *,
    chosen: Chosen,
    talk: Talk,
    name: str,
    question: str | None,
    steps: bool,
    as_json: bool,
    files: tuple[Path, ...],
    keep: bool,
    thread: str | None,
) -> int:
    """Put QUESTION to the assistant NAME and print its answer as it comes.

    QUESTION - is read from standard input. Exit code 1 when the assistant does not finish.
    """
    from retinue.cli.person import TerminalPerson
    from retinue.cli.speaking import AnswerPrinter
    from retinue.talk.attaching import read_file

    terminal = Terminal.current()
    text = _question(question)
    attached = [read_file(path) for path in files]
    person = TerminalPerson(terminal)
    opened = talk.project(chosen)
    party = opened.party(name)
    printer = AnswerPrinter(terminal, party, steps=steps, quiet=as_json)

    with opened.tracing("ask", terminal) as tracer:

        async def work() -> Answer:
            async with opened.conversation(
                party, person, tracer, thread=thread, keep=keep
            ) as conversation:
                try:
                    return await printer.show(conversation.ask(text, attached))
                except BaseException:
                    printer.broken_off(conversation.id)
                    raise

        answer = run_async(work())
        tracer.conclude(passed=answer.complete)
    printer.finish(answer)
    return 0 if answer.complete else RetinueError.exit_code


def _question(question: str | None) -> str:
    if question == "-":
        question = sys.stdin.read() if sys.stdin is not None else ""
    if not (question or "").strip():
        raise UsageError(
            "there is no question", hint='retinue ask NAME "question", or - to read it from stdin'
        )
    assert question is not None
    return question
