"""Whether a plan may be carried out: safety, graded approval, and the question to the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from retinue.cli.running import interruptible
from retinue.cli.show import Form, show_approved, show_plan
from retinue.cli.terminal import Terminal
from retinue.engine.safety import Approval, unapproved
from retinue.errors import PlanStale, Refused, UsageError

if TYPE_CHECKING:
    from retinue.engine.plan import Plan
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
class Approved:
    """The plan that somebody approved: its digest, and the plan itself where a file was given."""

    digest: str
    plan: Plan | None = None

    def check(self, plan: Plan, terminal: Terminal) -> None:
        """Make sure that ``plan`` is the approved one; show the difference where it is not.

        Raises:
            PlanStale: it is another plan.
        """
        if plan.digest.startswith(self.digest):
            return
        if self.plan is not None:
            from retinue.render.compared import plans_compared

            terminal.note(plans_compared(self.plan, plan))
        raise PlanStale(
            f"approved was plan {self.digest[:12]}, but the plan is now {plan.digest[:12]}",
            hint="the plan above is what would be done now; have it approved, then apply that",
        )


@dataclass(frozen=True, slots=True)
class Gate:
    """Shows the plan and decides. ``approved``: the only plan that may pass, if any was named;
    ``preview``: shows the plan, where that is not text for a terminal; ``graded``: whether
    --auto-approve takes words; ``nothing``: what to say of an empty plan, other than "no changes";
    ``seen``: whoever approved the plan has read it, so that a line stands for it.
    """

    terminal: Terminal
    granted: frozenset[Approval]
    as_json: bool = False
    full_text: bool = False
    approved: Approved | None = None
    question: str = "Do you want to perform these actions?"
    preview: Callable[[Planned], None] | None = None
    graded: bool = True
    nothing: str | None = None
    seen: bool = False

    def __call__(self, planned: Planned) -> bool:
        """Answer whether to go on.

        Raises:
            Refused: safety says no, or an approval is missing and nobody can be asked.
            PlanStale: it is another plan than the one that was approved.
        """
        if self.preview is not None:
            self.preview(planned)
        elif self.seen and not self.full_text:
            show_approved(self.terminal, planned)
        else:
            show_plan(self.terminal, planned, Form.TEXT, full_text=self.full_text)
        if self.approved is not None:
            self.approved.check(planned.plan, self.terminal)
        self._check_safety(planned)
        missing = unapproved(planned.plan, self.granted)
        if not missing:
            return True
        if self.as_json or not self.terminal.interactive:
            raise Refused(
                f"nobody to ask, and not approved: {_words(sorted(missing))}",
                hint=self._way_out(self.granted | missing),
            )
        return self._ask()

    def _way_out(self, needed: frozenset[Approval]) -> str:
        words = f", or --auto-approve={_flag(needed)}" if self.graded else ""
        return f"run it at a terminal and answer, or add --auto-approve{words}"

    def _check_safety(self, planned: Planned) -> None:
        if not planned.verdict.safe:
            refusals = planned.verdict.refusals
            text = "; ".join(refusal.message for refusal in refusals)
            raise Refused(text, reasons=refusals)

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
