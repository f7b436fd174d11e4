"""Whether a plan may be carried out: safety, graded approval, and the question to the user."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from retinue.cli.running import interruptible
from retinue.cli.show import Form, show_plan
from retinue.cli.terminal import Terminal
from retinue.engine.safety import Approval, unapproved
from retinue.errors import PlanStale, Refused, UsageError

if TYPE_CHECKING:
    from retinue.operations.planning import Planned

EVERYTHING = "create,update,delete"


def parse_approval(text: str | None) -> frozenset[Approval]:
    """Read ``--auto-approve[=create,update,delete]``.

    Raises:
        UsageError: a word is none of the three.
    """
    words = [word.strip() for word in (text or "").split(",") if word.strip()]
    try:
        return frozenset(Approval(word) for word in words)
    except ValueError:
        raise UsageError(
            f"--auto-approve={text}: unknown word",
            hint="use any of create, update, delete, separated by commas",
        ) from None


@dataclass(frozen=True, slots=True)
class Gate:
    """Shows the plan and decides. ``digest``: the only plan that may pass, where one was named."""

    terminal: Terminal
    granted: frozenset[Approval]
    as_json: bool = False
    full_text: bool = False
    digest: str | None = None
    question: str = "Do you want to perform these actions?"

    def __call__(self, planned: Planned) -> bool:
        """Answer whether to go on.

        Raises:
            Refused: safety says no, or an approval is missing and nobody can be asked.
            PlanStale: it is another plan than the one that was approved.
        """
        if not self.as_json:
            show_plan(self.terminal, planned, Form.TEXT, full_text=self.full_text)
        self._check_digest(planned)
        self._check_safety(planned)
        missing = unapproved(planned.plan, self.granted)
        if not missing:
            return True
        if self.as_json or not sys.stdin.isatty():
            raise Refused(
                f"nobody to ask, and not approved: {_words(sorted(missing))}",
                hint=f"--auto-approve, or --auto-approve={_flag(self.granted | missing)}",
            )
        return self._ask()

    def _check_digest(self, planned: Planned) -> None:
        if self.digest is not None and not planned.plan.digest.startswith(self.digest):
            raise PlanStale(
                f"approved was plan {self.digest[:12]}, but the plan is now "
                f"{planned.plan.digest[:12]}",
                hint="the plan above is what would be done now; have it approved, then apply that",
            )

    def _check_safety(self, planned: Planned) -> None:
        if not planned.verdict.safe:
            first, *more = planned.verdict.refusals
            text = "; ".join([first.message, *(refusal.message for refusal in more)])
            raise Refused(text, hint=first.hint)

    def _ask(self) -> bool:
        self.terminal.note(f"\n{self.question}\n  Only 'yes' will be accepted.")
        with interruptible():
            answer = click.prompt("  Enter a value", default="", show_default=False, err=True)
        if str(answer).strip() == "yes":
            return True
        self.terminal.note("Cancelled; nothing was changed.")
        return False


def _words(approvals: Sequence[Approval]) -> str:
    return ", ".join(approval.value for approval in approvals)


def _flag(approvals: frozenset[Approval]) -> str:
    return ",".join(item.value for item in Approval if item in approvals)
