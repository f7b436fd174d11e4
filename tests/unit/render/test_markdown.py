"""The plan as Markdown: complete where it fits, cut between objects, and nothing gets out."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from tests.unit.render import plans
from tests.unit.render.plans import SAFE, TUTOR, plan

from retinue.address import Address
from retinue.engine.diff import Drift
from retinue.engine.plan import Plan
from retinue.engine.safety import Verdict
from retinue.render.markdown import LIMIT, inline, plan_markdown

MARKER = re.compile(r"^<!-- retinue: (\{.*\}) -->$", re.MULTILINE)


def balanced(text: str) -> bool:
    """Whether every fence is closed by one of its length, and every part is closed."""
    open_fence = ""
    details = 0
    for line in text.split("\n"):
        ticks = re.match(r" {0,3}(`{3,})", line)
        if ticks is None:
            details += not open_fence and line.startswith("<details")
            details -= not open_fence and line.startswith("</details>")
        elif not open_fence:
            open_fence = ticks[1]
        elif len(ticks[1]) >= len(open_fence) and line.strip(" `") == "":
            open_fence = ""
    return not open_fence and details == 0


def many(count: int, prompt: str = "x") -> Plan:
    return plan(
        *(
            replace(
                plans.create_tutor(),
                address=Address("assistant", f"tutor-{number}"),
                after={"name": "x", "instructions": prompt},
            )
            for number in range(count)
        )
    )


def test_a_small_plan_is_unfolded() -> None:
    change = plans.update(TUTOR, {"name": "T", "model": "a"}, {"name": "T", "model": "b"})
    subject = plan(change)
    assert plan_markdown(subject, SAFE) == (
        f'<!-- retinue: {{"project": "tutoring", "stack": "prod", "digest": "{subject.digest}", '
        '"serial": 7} -->\n'
        """
### Retinue plan: `tutoring` / `prod`

**Plan: 0 to add, 1 to change, 0 to destroy.**

<details open><summary>Show the changes</summary>

```diff
# assistant.math-tutor will be updated in-place
! assistant "math-tutor" {
      id    = "asst_1"
      name  = "T"
!     model = "a" -> "b"
  }
```

</details>
"""
    )


def test_everything_has_its_place() -> None:
    text = plan_markdown(plans.everything(), Verdict((plans.refusal(),)))
    order = [
        "<!-- retinue:",
        "### Retinue plan",
        "**Plan: 2 to add",
        "> [!CAUTION]\n> **This plan destroys 3 objects:** `file.gpt2-paper`, ",
        "**UNSAFE: apply would refuse this plan**",
        "**Notes**",
        "**This plan covers only a part of the manifests**",
        "Objects have changed outside of Retinue",
        "Show the changes",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert balanced(text)


def test_signs_stand_in_the_first_column() -> None:
    text = plan_markdown(plans.everything(), SAFE)
    for line in (
        '! +/- file "gpt2-paper" {',
        '+ assistant "math-tutor" {',
        '- assistant "math-tutor" {',
        '  = assistant "math-tutor" {',
        '  > assistant "moved" {',
        '  . assistant "math-tutor" {',
        "!     temperature = 0.2 -> 1.0",
    ):
        assert f"\n{line}\n" in text


def test_hunks_are_a_diff() -> None:
    change = plans.update(TUTOR, {"instructions": "a\nb\nc\n"}, {"instructions": "a\nB!\nc\n"})
    assert "\n@@ -1,3 +1,3 @@\n          a\n-         b\n+         B!\n          c\n" in (
        plan_markdown(plan(change), SAFE)
    )


def test_words_of_a_long_line_are_bracketed() -> None:
    before = "word " * 30 + "end"
    change = plans.update(TUTOR, {"description": before}, {"description": before + "ing"})
    assert '[-end-]{+ending+}"' in plan_markdown(plan(change), SAFE)


def test_a_fence_in_instructions_stays_inside() -> None:
    prompt = "Show code:\n```python\nprint()\n````\n</details>\n@everybody see #1\n"
    change = plans.update(TUTOR, {"instructions": prompt}, {"instructions": prompt + "```\n"})
    text = plan_markdown(plan(change), SAFE)
    assert "`````diff\n" in text
    assert text.index("@everybody") < text.rindex("`````")
    assert balanced(text)


def test_names_can_not_get_out_of_their_span() -> None:
    assert inline("a`b``c") == "```a`b``c```"
    assert inline("`") == "`` ` ``"
    assert inline("a\n<b>") == "`a\\n<b>`"


def test_the_marker_survives_any_name() -> None:
    subject = plan(project="a --> <b>", stack="x--y---z")
    text = plan_markdown(subject, SAFE)
    match = MARKER.search(text)
    assert match is not None
    assert json.loads(match[1]) == {
        "project": "a --> <b>",
        "stack": "x--y---z",
        "digest": subject.digest,
        "serial": 7,
    }
    assert "--" not in match[1]


def test_ten_thousand_objects_are_cut_between_objects() -> None:
    text = plan_markdown(many(10_000), SAFE)
    assert LIMIT * 0.98 < len(text) <= LIMIT
    assert balanced(text)
    shown = text.count(" (on the target assistants)\n+ assistant")
    headings = text.count("too long to be shown here")
    assert f"… {10_000 - shown - headings} more objects, see the artefact" in text


def test_one_object_that_is_too_long_leaves_room_for_the_others() -> None:
    big = replace(plans.create_tutor(), after={f"k{n}": "x" * 90 for n in range(2_000)})
    text = plan_markdown(plan(big, plans.create_paper()), SAFE)
    assert (
        "# assistant.math-tutor will be created (on the target assistants)\n"
        "# (too long to be shown here, see the artefact)\n\n"
        "# file.gpt2-paper will be created\n"
    ) in text
    assert '+     filename = "gpt2.pdf"' in text


def test_drift_takes_no_more_than_its_share() -> None:
    drift = tuple(plans.drifted(Drift("model", "a", "b")) for _ in range(2_000))
    text = plan_markdown(plan(plans.create_paper(), drift=drift), SAFE)
    assert len(text) < LIMIT / 2
    assert '+ file "gpt2-paper" {' in text


@pytest.mark.parametrize("limit", [0, 1, 50, 200, 400, 700, 1_000, 2_000, 3_000, 5_000])
def test_no_limit_is_ever_exceeded(limit: int) -> None:
    text = plan_markdown(plans.everything(), Verdict((plans.refusal(),) * 9), limit=limit)
    assert len(text) <= limit
    assert balanced(text)


def test_long_lists_are_counted() -> None:
    deletions = [
        replace(plans.delete_tutor(), address=Address("assistant", f"a{n}")) for n in range(30)
    ]
    text = plan_markdown(plan(*deletions, notes=("note",) * 30), SAFE)
    assert "`assistant.a19` and 10 more\n" in text
    assert "… 10 more\n```" in text


def test_an_empty_plan_is_one_sentence() -> None:
    text = plan_markdown(plan(plans.no_op()), SAFE)
    assert text.endswith("**No changes. The platform matches the manifests.**\n")
    assert "details" not in text
