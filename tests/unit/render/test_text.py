"""The plan as text: the grammar that users of Terraform know, exactly."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace

import pytest
from tests.unit.render import plans
from tests.unit.render.plans import SAFE, TUTOR, plan

from retinue.address import Address
from retinue.engine.diff import Drift
from retinue.engine.plan import Action, Change, Plan, Reason
from retinue.engine.safety import Verdict
from retinue.render.compared import plans_compared
from retinue.render.style import PLAIN, Style
from retinue.render.text import drift_text, plan_text

COLOUR = Style(colour=True)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def dedented(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


def shown(change: Change, *others: Change) -> str:
    """The block of one change, without what stands around it."""
    text = plan_text(plan(change, *others), SAFE, PLAIN)
    blocks = text.split("following actions:\n\n")[1].split("\n\n")
    return textwrap.dedent(blocks[0])


def test_a_first_plan() -> None:
    text = plan_text(plan(plans.create_paper(), plans.create_tutor(), plans.no_op()), SAFE, PLAIN)
    assert text == dedented("""
        Actions are indicated with the following symbols:
          + create

        Retinue will perform the following actions:

          # file.gpt2-paper will be created
          + file "gpt2-paper" {
              + id       = (known after apply)
              + path     = "data/gpt2.pdf"
              + filename = "gpt2.pdf"
              + purpose  = "assistants"
              + size     = 582.8 kB
              + sha256   = bbbbbbbbbbbb…
            }

          # assistant.math-tutor will be created (on the target assistants)
          + assistant "math-tutor" {
              + id             = (known after apply)
              + name           = "Math Tutor"
              + model          = "gpt-4o"
              + instructions   = "You are a personal math tutor."
              + tools          = [
                  + code_interpreter
                ]
              + tool_resources = {
                  + code_interpreter = {
                      + file_ids = [
                          + file.gpt2-paper  # (known after apply)
                        ]
                    }
                }
            }

        Plan: 2 to add, 0 to change, 0 to destroy.
    """) + "\n"  # fmt: skip


def test_an_update_hides_what_stays_but_the_name() -> None:
    before = {"name": "T", "model": "a", "top_p": 1, "tools": [], "temperature": 0.2, "marker": "m"}
    after = {**before, "model": "b", "temperature": 1.0}
    change = replace(plans.update(TUTOR, before, after), resets=("temperature", "tools"))
    assert shown(change) == dedented("""
        # assistant.math-tutor will be updated in-place
        ~ assistant "math-tutor" {
              id          = "asst_1"
              name        = "T"
            ~ model       = "a" -> "b"
            ~ temperature = 0.2 -> 1.0  # returns to the platform's default
              # (2 unchanged attributes hidden)
          }
    """)


def test_a_renamed_object_shows_its_name_once() -> None:
    text = shown(plans.update(TUTOR, {"name": "T"}, {"name": "U"}))
    assert dedented("""
        ~ assistant "math-tutor" {
              id   = "asst_1"
            ~ name = "T" -> "U"
          }
    """) in text  # fmt: skip


def test_a_replacement_says_what_forces_it() -> None:
    assert shown(plans.replace_paper()) == dedented("""
        # file.gpt2-paper must be replaced
      +/- file "gpt2-paper" {
            ~ id       = "file-old" -> (known after apply)
              path     = "data/gpt2.pdf"
              filename = "gpt2.pdf"
            ~ size     = 1 byte -> 582.8 kB  # forces replacement
            ~ sha256   = aaaaaaaaaaaa… -> bbbbbbbbbbbb…  # forces replacement
              # (1 unchanged attribute hidden)
          }
    """)


ROW = "Explain every step of the way, and wait for the student's answer before you go on. " * 4
NARROW = Style(width=60, terminal=True)


def long_context(style: Style, *, row: str = ROW, full_text: bool = False) -> str:
    texts = (f"{row}\nBe kind.\n{row}\n", f"{row}\nBe patient.\n{row}\n")
    before, after = ({"instructions": text} for text in texts)
    change = plans.update(TUTOR, before, after)
    return plan_text(plan(change), SAFE, style, full_text=full_text)


def test_on_a_terminal_what_stays_of_a_text_takes_one_row_a_line() -> None:
    rows = [row for row in long_context(NARROW).splitlines() if "Explain" in row]
    assert len(rows) == 2
    assert {len(row) for row in rows} == {60}
    assert all(row.endswith("…") for row in rows)


def test_wide_characters_take_two_columns_of_a_terminal() -> None:
    rows = [row for row in long_context(NARROW, row="算" * 80).splitlines() if "算" in row]
    assert [row.strip() for row in rows] == ["算" * 23 + "…"] * 2


@pytest.mark.parametrize(("style", "full_text"), [(Style(width=60), False), (NARROW, True)])
def test_in_a_pipe_and_in_full_it_is_not_cut_to_the_width(style: Style, *, full_text: bool) -> None:
    rows = [
        row for row in long_context(style, full_text=full_text).splitlines() if "Explain" in row
    ]
    assert [len(row) > 300 for row in rows] == [True, True]


def test_sizes_and_hashes_that_look_alike_are_shown_exactly() -> None:
    change = plans.replace_paper()
    before, after = dict(change.before or {}), dict(change.after or {})
    before |= {"bytes": 582_775, "sha256": "b" * 60 + "cccc"}
    after |= {"bytes": 582_776}
    text = shown(replace(change, before=before, after=after))
    assert "582775 bytes -> 582776 bytes" in text
    assert f"{'b' * 60}cccc -> {'b' * 64}" in text


def test_a_deletion_says_why() -> None:
    assert shown(plans.delete_tutor(protected=True)) == dedented("""
        # assistant.math-tutor will be destroyed
        # (because it is not in the manifests)
        # (it is protected: apply would refuse)
        - assistant "math-tutor" {
            - id    = "asst_1" -> null
            - name  = "Math Tutor" -> null
            - model = "gpt-4o" -> null
          }
    """)


def test_a_leftover_is_told_from_the_object_in_use() -> None:
    change = plans.delete_tutor(id="asst_0", before=None, reason=Reason.LEFTOVER, leftover=True)
    assert shown(change) == dedented("""
        # assistant.math-tutor (asst_0) will be destroyed
        # (because an interrupted apply left it behind)
        - assistant "math-tutor" {
            - id = "asst_0" -> null
          }
    """)


def test_an_adoption_that_only_marks() -> None:
    assert shown(plans.adopt()) == dedented("""
        # assistant.math-tutor will be adopted (it carries our marker)
        = assistant "math-tutor" {
              id     = "asst_1"
              name   = "Math Tutor"
            + marker = "m"  # whose it is; among its metadata
              # (1 unchanged attribute hidden)
          }
    """)


def test_a_move_alone_shows_what_the_marker_will_say() -> None:
    assert shown(plans.move()) == dedented("""
        # assistant.math-tutor has moved from assistant.tutor
        > assistant "math-tutor" {
              id     = "asst_1"
              name   = "Math Tutor"
            ~ marker = "old" -> "new"  # whose it is; among its metadata
              # (1 unchanged attribute hidden)
          }
    """)


def test_a_move_that_also_changes() -> None:
    assert shown(plans.move("model", model="gpt-5")) == dedented("""
        # assistant.math-tutor has moved from assistant.tutor and updated in-place
        > assistant "math-tutor" {
              id    = "asst_1"
              name  = "Math Tutor"
            ~ model = "gpt-4o" -> "gpt-5"
          }
    """)


def test_a_release_that_moves_gets_another_id() -> None:
    moved = replace(plans.move(), type="responses.assistant", id="tutor@3", changed=())
    assert shown(moved) == dedented("""
        # assistant.math-tutor has moved from assistant.tutor
        > assistant "math-tutor" {
            ~ id   = "tutor@3" -> (known after apply)
              name = "Math Tutor"
              # (1 unchanged attribute hidden)
          }
    """)


def test_what_a_change_of_target_takes_away_stands_in_line() -> None:
    switched = Change(
        address=TUTOR,
        action=Action.REPLACE,
        reason=Reason.TARGET,
        type="responses.assistant",
        previous_type="agents.assistant",
        id="agt_1",
        before={"name": "Tutor", "reasoning_effort": "low"},
        after={"name": "Tutor", "model": "gpt-5"},
        changed=("model", "reasoning_effort"),
    )
    assert shown(switched) == dedented("""
        # assistant.math-tutor must be replaced
        # (because its target changes from agents to responses)
      +/- assistant "math-tutor" {
            ~ id               = "agt_1" -> (known after apply)
              name             = "Tutor"
            + model            = "gpt-5"
            - reasoning_effort = "low"
          }
    """)


def test_what_is_forgotten_stays_on_the_platform() -> None:
    assert shown(plans.forget()) == dedented("""
        # assistant.math-tutor will be forgotten
        # (because of an entry in removed: the object stays on the platform)
        . assistant "math-tutor" {
              id   = "asst_1"
              name = "Math Tutor"
              # (2 unchanged attributes hidden)
          }
    """)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (replace(plans.create_tutor(), reason=Reason.GONE), "it was deleted outside of Retinue"),
        (replace(plans.update(TUTOR, {"model": "a"}, {"model": "b"}), reason=Reason.DRIFT),
         "because somebody changed it on the platform"),
        (plans.delete_tutor(reason=Reason.DESTROY), "because everything is to be destroyed"),
        (plans.forget(Reason.ALREADY_GONE), "because it was deleted outside of Retinue"),
        (replace(plans.replace_paper(), previous_address=TUTOR), "moved from assistant.math-tutor"),
        (replace(plans.replace_paper(), reason=Reason.MARKED),
         "because the object that carries our marker can't be changed into it"),
        (replace(plans.move(), protect=True), "protected from now on"),
        (replace(plans.move(), protected=True), "no longer protected"),
    ],
)  # fmt: skip
def test_every_reason_has_words(change: Change, sentence: str) -> None:
    assert f"{sentence})" in shown(change)


def test_known_ids_are_shown_by_their_address() -> None:
    change = plans.update(
        TUTOR,
        {"tool_resources": {}},
        {"tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}}},
    )
    assert "+ vector_store.papers  # vs_1\n" in shown(change, plans.no_op())


def test_drift_comes_first_and_is_ruled_off() -> None:
    text = plan_text(
        plan(
            plans.update(TUTOR, {"model": "z"}, {"model": "a"}),
            drift=(plans.drifted(Drift("model", "a", "z")), plans.drifted(deleted=True)),
            notes=("something was repaired",),
        ),
        SAFE,
        Style(width=20),
    )
    assert text.split("Actions are")[0] == dedented("""
        Note: something was repaired

        Note: objects have changed outside of Retinue

          # assistant.math-tutor has changed
          ~ assistant "math-tutor" {
                id    = "asst_1"
              ~ model = "a" -> "z"
            }

          # assistant.math-tutor has been deleted
          - assistant "math-tutor" {
              - id = "asst_1" -> null
            }

        This is what somebody changed on the platform since the last apply (then -> now).
        Applying puts the manifests' values back. To keep a change, write it into the manifest;
        to leave a field to others, name it under lifecycle.ignore_changes.

        ────────────────────
    """) + "\n\n"  # fmt: skip


@pytest.mark.parametrize(
    ("empty", "sentence"),
    [
        (plan(plans.no_op()), "No changes. The platform matches the manifests."),
        (plan(drift=(plans.drifted(Drift("model", "a", "b")),)),
         "No changes. What was changed on the platform is what the manifests say by now."),
        (plan(selection={"file.a": "--target"}),
         "No changes. The platform matches the manifests for 1 selected resource."),
    ],
)  # fmt: skip
def test_an_empty_plan_says_no_more_than_it_knows(empty: Plan, sentence: str) -> None:
    text = plan_text(empty, SAFE, PLAIN)
    assert text.endswith(f"{sentence}\n")
    assert "following actions" not in text


def test_refusals_are_part_of_the_preview() -> None:
    text = plan_text(plan(plans.delete_tutor()), Verdict((plans.refusal(),)), PLAIN)
    assert text.endswith(dedented("""
        UNSAFE apply would refuse: protected: assistant.math-tutor
          hint: lift it first
          [RTN-REFUSED-PROTECTED]

        Plan: 0 to add, 0 to change, 1 to destroy.
    """) + "\n")  # fmt: skip


def test_drift_alone() -> None:
    subject = plan(plans.create_paper(), drift=(plans.drifted(Drift("model", "a", "z")),))
    text = drift_text(subject, PLAIN)
    assert text.startswith("Note: objects have changed outside of Retinue\n\n  # assistant.math-t")
    assert text.endswith("name it under lifecycle.ignore_changes.\n")
    assert drift_text(plan(), PLAIN) == ""


def test_two_plans_compared() -> None:
    text = plans_compared(plan(change_of(1, "a", "b")), plan(change_of(1, "a", "c")))
    assert '-      ~ model = "a" -> "b"\n+      ~ model = "a" -> "c"\n' in text


def test_a_change_of_protection_alone() -> None:
    change = plans.update(TUTOR, {"name": "T"}, {"name": "T"})
    assert shown(replace(change, reason=Reason.PROTECTION, protect=True)) == dedented("""
        # assistant.math-tutor will be updated in-place
        # (only in the state: the object stays as it is)
        # (protected from now on)
        ~ assistant "math-tutor" {
              id   = "asst_1"
              name = "T"
          }
    """)


def test_a_selection_is_explained() -> None:
    text = plan_text(plans.everything(), SAFE, PLAIN)
    assert dedented("""
        This plan covers only a part of the manifests:
          assistant.math-tutor: --target
          file.gpt2-paper: needed
    """) in text  # fmt: skip


def test_the_legend_names_every_symbol_that_occurs_and_the_summary_counts_all() -> None:
    text = plan_text(plans.everything(), SAFE, PLAIN)
    assert dedented("""
        Actions are indicated with the following symbols:
          + create
          ~ update in-place
        +/- create replacement and then destroy
          - destroy
          = adopt
          > move
          . forget
    """) in text  # fmt: skip
    assert text.splitlines()[-1] == (
        "Plan: 2 to add, 2 to change, 3 to destroy, 1 to adopt, 1 to move, 1 to forget."
    )


def test_colour_adds_codes_and_changes_nothing_else() -> None:
    prompt = "".join(f"Rule {number}\n" for number in range(9))
    change = plans.update(TUTOR, {"instructions": prompt}, {"instructions": prompt[7:] + "End"})
    verdict = Verdict((plans.refusal(),))
    for subject in (plans.everything(), plan(change)):
        plain, painted = (plan_text(subject, verdict, style) for style in (PLAIN, COLOUR))
        assert "\x1b" not in plain
        assert ANSI.sub("", painted) == plain
        assert painted.count("\x1b[0m") * 2 == painted.count("\x1b[")


def test_changed_words_are_marked_inside_changed_lines() -> None:
    before = "Answer briefly, always.\nBe kind.\n"
    change = plans.update(
        TUTOR,
        {"instructions": before},
        {"instructions": before.replace("briefly", "at length")},
    )
    text = plan_text(plan(change), SAFE, COLOUR)
    assert "\x1b[31mAnswer \x1b[0m\x1b[1;7;31mbriefly\x1b[0m\x1b[31m, always.\x1b[0m" in text
    assert "\x1b[32mAnswer \x1b[0m\x1b[1;7;32mat length\x1b[0m\x1b[32m, always.\x1b[0m" in text


def test_full_text_leaves_nothing_out() -> None:
    prompt = "".join(f"Rule {number}\n" for number in range(50))
    created = replace(plans.create_tutor(), after={"instructions": prompt})
    changed = plans.update(TUTOR, {"instructions": prompt}, {"instructions": prompt + "End.\n"})
    for change in (created, changed):
        text = plan_text(plan(change), SAFE, PLAIN, full_text=True)
        assert all(f" Rule {number}\n" in text for number in range(50))
        assert "more line" not in text
        assert "@@" not in text


def test_ten_thousand_changes_are_all_there() -> None:
    changes = [
        change_of(number, "gpt-4o", "gpt-5" if number % 2 else "gpt-4.1")
        for number in range(10_000)
    ]
    text = plan_text(plan(*changes), SAFE, PLAIN)
    assert text.count("will be updated in-place") == 10_000


def change_of(number: int, before: str, after: str) -> Change:
    address = Address("assistant", f"a{number}")
    return plans.update(address, {"name": "x", "model": before}, {"name": "x", "model": after})


def test_every_action_has_a_sign_and_a_sentence() -> None:
    from retinue.render.lines import LEGEND
    from retinue.render.sentences import SIGNS, what

    for action in Action:
        assert what(plans.change(TUTOR, action))
        assert action is Action.NO_OP or SIGNS[action] in LEGEND
