"""What somebody else changed: seen, shown, and never overwritten unseen."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.hand import Hand
from tests.cli.shell import Shell


def rename(shell: Shell, hand: Hand) -> None:
    hand("POST", f"/assistants/{shell.id_of('assistant.tutor')}", {"name": "Renamed by hand"})


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_none_is_0(applied: Shell) -> None:
    done = applied("drift")
    assert (done.code, done.out) == (0, "No drift. The platform is as it was last applied.\n")


def test_some_is_2_and_shown_field_by_field(applied: Shell, hand: Hand) -> None:
    rename(applied, hand)
    done = applied("drift")
    assert done.code == 2
    assert '"Tutor" -> "Renamed by hand"' in done.out


def test_a_deleted_object_is_drift(applied: Shell, hand: Hand) -> None:
    hand("DELETE", f"/assistants/{applied.id_of('assistant.tutor')}")
    done = applied("drift")
    assert done.code == 2
    assert "has been deleted" in done.out


def test_trouble_is_1(applied: Shell) -> None:
    applied.write({"retinue.yaml": "project: [\n"})
    assert applied("drift").code == 1


def test_looking_changes_nothing(applied: Shell, hand: Hand) -> None:
    rename(applied, hand)
    state = applied.root / ".retinue/state"
    before = content(state)
    applied("drift")
    assert content(state) == before
    assert hand.objects("assistants")[0]["name"] == "Renamed by hand"


def test_an_edit_of_the_manifest_is_no_drift(applied: Shell) -> None:
    applied.edit("assistants/team.yaml", "gpt-4o", "gpt-4.1")
    assert applied("drift").code == 0


def test_what_we_do_not_manage_is_no_drift(applied: Shell, hand: Hand) -> None:
    path = f"/assistants/{applied.id_of('assistant.tutor')}"
    hand("POST", path, {"description": "ours it is not"})
    assert applied("drift").code == 0


def test_ignored_fields_do_not_count(shell: Shell, hand: Hand) -> None:
    shell.edit(
        "assistants/team.yaml", "    name:", "    lifecycle: {ignore_changes: [name]}\n    name:"
    )
    shell.ok("apply", "--auto-approve")
    rename(shell, hand)
    assert shell("drift").code == 0
    assert shell("plan", "--detailed-exitcode").code == 0


def test_the_plan_shows_it_and_apply_puts_it_right(applied: Shell, hand: Hand) -> None:
    rename(applied, hand)
    assert "objects have changed outside of Retinue" in applied.ok("plan").out
    applied.ok("apply", "--auto-approve=update")
    assert hand.objects("assistants")[0]["name"] == "Tutor"


@pytest.mark.parametrize(("edit", "code"), [(False, 0), (True, 2)])
def test_detailed_exitcode_of_plan(applied: Shell, *, edit: bool, code: int) -> None:
    if edit:
        applied.edit("assistants/team.yaml", "gpt-4o", "gpt-4.1")
    assert applied("plan", "--detailed-exitcode").code == code
    assert applied("plan").code == 0
