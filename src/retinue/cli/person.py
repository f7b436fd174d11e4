"""Whoever sits at the terminal, asked about function calls; or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from retinue.cli.running import interruptible
from retinue.cli.terminal import Terminal
from retinue.errors import Refused

if TYPE_CHECKING:
    from retinue.talk.calling import Bound
    from retinue.talk.events import Approval, FunctionCall


class TerminalPerson:
    """``answers``: the person gives the outputs of functions that have no handler, too."""

    def __init__(self, terminal: Terminal, *, answers: bool = False) -> None:
        self._terminal = terminal
        self._answers = answers

    def may_run(self, call: FunctionCall, bound: Bound) -> bool:
        from retinue.render.escape import visible

        if not self._terminal.interactive:
            raise Refused(
                f"{call.name}: its handler may not run unasked, and there is nobody to ask",
                hint=f"add --allow {bound.address.name}, or allow: true to the handler of "
                f"{bound.address}",
            )
        self._show(call)
        self._terminal.note(f"  handler: {visible(str(bound.handler))}")
        return self._agrees("  Run it? [y/N]")

    def output_of(self, call: FunctionCall) -> str | None:
        if not (self._answers and self._terminal.interactive):
            return None
        self._show(call)
        return self._ask("  Its output", "")

    def may_use(self, wanted: Approval) -> bool:
        from retinue.render.answers import approval_text

        if not self._terminal.interactive:
            raise Refused(
                f"{wanted.server}: {wanted.name} may not be used unasked; there is nobody to ask",
                hint=f"add --approve {wanted.server}, or require_approval: never to that server in "
                "the manifest",
            )
        self._terminal.note("\n" + approval_text(wanted, self._terminal.log_style))
        return self._agrees("  Allow it? [y/N]")

    def _agrees(self, question: str) -> bool:
        return self._ask(question, "n").strip().lower() in ("y", "yes")

    def _ask(self, question: str, default: str) -> str:
        try:
            with interruptible():
                return str(click.prompt(question, default=default, show_default=False, err=True))
        except click.Abort:
            self._terminal.note("")  # ends the line of the question
            raise

    def _show(self, call: FunctionCall) -> None:
        from retinue.render.answers import call_text

        self._terminal.note("\n" + call_text(call, self._terminal.log_style))
