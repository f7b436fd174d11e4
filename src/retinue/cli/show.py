"""Show a plan in the form that was asked for."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from retinue.cli.terminal import Terminal

if TYPE_CHECKING:
    from retinue.operations.planning import Planned


class Form(Enum):
    """How a plan is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"

    @classmethod
    def of(cls, *, as_json: bool, markdown: bool) -> Form:
        """The form that the flags ask for; JSON wins."""
        if as_json:
            return cls.JSON
        return cls.MARKDOWN if markdown else cls.TEXT


def show_approved(terminal: Terminal, planned: Planned) -> None:
    """Write in a line which plan is applied, to those who have read and approved it."""
    from retinue.render.text import approved_text

    terminal.say(approved_text(planned.plan, planned.verdict, terminal.style))


def show_plan(terminal: Terminal, planned: Planned, form: Form, *, full_text: bool) -> None:
    """Write the plan as a result."""
    from retinue.engine.plan_json import plan_to_json
    from retinue.render.markdown import plan_markdown
    from retinue.render.text import plan_text

    plan, verdict = planned.plan, planned.verdict
    if form is Form.JSON:
        terminal.document(plan_to_json(plan, verdict))
    elif form is Form.MARKDOWN:
        terminal.say(plan_markdown(plan, verdict))
    else:
        terminal.say(plan_text(plan, verdict, terminal.style, full_text=full_text))
