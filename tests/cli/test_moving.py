"""`moved:` and `removed:`: what a manifest says of resources that are not where they were."""

from __future__ import annotations

from tests.cli.hand import Hand
from tests.cli.shell import Shell

EMPTY = "No changes. The platform matches the manifests.\n"
TEAM = "assistants/team.yaml"


def test_a_moved_assistant_keeps_its_object(applied: Shell, hand: Hand) -> None:
    before = applied.id_of("assistant.tutor")
    applied.edit(TEAM, "  tutor:", "  coach:")
    applied.write({"assistants/moved.yaml": MOVED})
    planned = applied.ok("plan")
    assert "0 to add" in planned.conclusion
    assert planned.conclusion.endswith("0 to destroy, 1 to move.")
    assert "moved from assistant.tutor" in planned.out
    applied.ok("apply", "--auto-approve=update")
    assert applied.id_of("assistant.coach") == before
    assert applied.ok("plan").out == EMPTY
    assert len(hand.objects("assistants")) == 1


def test_the_entry_may_stay_for_those_who_come_later(applied: Shell) -> None:
    applied.edit(TEAM, "  tutor:", "  coach:")
    applied.write({"assistants/moved.yaml": MOVED})
    applied.ok("apply", "--auto-approve")
    applied.ok("apply", "--auto-approve")
    assert applied.ok("plan").out == EMPTY


def test_without_an_entry_a_new_name_is_a_new_object(applied: Shell) -> None:
    applied.edit(TEAM, "  tutor:", "  coach:")
    assert applied.ok("plan").conclusion == "Plan: 1 to add, 0 to change, 1 to destroy."


def test_what_is_removed_stays_on_the_platform_and_is_forgotten(applied: Shell, hand: Hand) -> None:
    removed = applied.id_of("assistant.tutor")
    applied.write({TEAM: WITHOUT_TUTOR + "removed:\n  - {address: assistant.tutor}\n"})
    assert applied.ok("plan").conclusion.endswith("0 to destroy, 1 to forget.")
    applied.ok("apply", "--auto-approve=update")
    assert [item["id"] for item in hand.objects("assistants")] == [removed]
    assert "assistant.tutor" not in applied.ok("state", "list").out
    assert applied.ok("plan").out == EMPTY


def test_what_is_removed_is_nobodys_any_more(applied: Shell, hand: Hand) -> None:
    """It keeps what is its own, and loses what would make a later run take it for ours."""
    declared = applied.root.joinpath(TEAM).read_text("utf-8")
    applied.edit(TEAM, "    temperature: 0.2\n", "    metadata: {team: education}\n")
    applied.ok("apply", "--auto-approve")
    removed = applied.id_of("assistant.tutor")
    store = "removed:\n  - {address: assistant.tutor}\n  - {address: vector_store.notes}\n"
    applied.write({TEAM: "files:\n  syllabus: {path: data/syllabus.txt}\n" + store})
    applied.ok("apply", "--auto-approve")
    assert hand("GET", f"/assistants/{removed}")["metadata"] == {"team": "education"}
    assert [store["metadata"] for store in hand.objects("vector_stores")] == [{}]
    assert "Recorded 0 objects." in applied.ok("state", "rebuild").out
    applied.write({TEAM: declared})
    applied.ok("apply", "--auto-approve")
    assert applied.id_of("assistant.tutor") != removed
    assert len(hand.objects("assistants")) == 2


def test_what_merely_leaves_the_manifests_is_deleted(applied: Shell, hand: Hand) -> None:
    applied.write({TEAM: WITHOUT_TUTOR})
    applied.ok("apply", "--auto-approve")
    assert hand.objects("assistants") == []


MOVED = "moved:\n  - {from: assistant.tutor, to: assistant.coach}\n"
WITHOUT_TUTOR = """\
files:
  syllabus: {path: data/syllabus.txt}
vector_stores:
  notes:
    files: [syllabus, {glob: "data/notes/*.md"}]
"""
