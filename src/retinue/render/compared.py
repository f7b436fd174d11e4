"""Two plans side by side: what an apply would do now that nobody approved. Pure."""

from __future__ import annotations

import difflib

from retinue.engine.plan import Plan
from retinue.engine.safety import Verdict
from retinue.render.style import Style
from retinue.render.text import plan_text


def plans_compared(approved: Plan, now: Plan) -> str:
    """A unified diff of the two previews, ending in a newline."""
    plain = Style(colour=False, width=100)
    before, after = (
        plan_text(plan, Verdict(), plain, full_text=True).splitlines() for plan in (approved, now)
    )
    lines = difflib.unified_diff(before, after, "the approved plan", "the plan now", lineterm="")
    return "\n".join(lines) + "\n"
