"""What is said of objects that were recorded: the platform chose their IDs."""

from __future__ import annotations

import io

from retinue.address import Address
from retinue.cli.recorded import show_recorded
from retinue.cli.terminal import Terminal
from retinue.engine.entry import Entry


def test_nothing_of_it_is_obeyed_by_a_terminal() -> None:
    out, log = io.StringIO(), io.StringIO()
    tutor = Address("assistant", "tutor")
    entry = Entry(address=tutor, type="assistants.assistant", id="asst_\x1b[2J", values={})
    show_recorded(Terminal(out, log, 80), "Imported", [entry], ["asst_\x1b]0;x\x07 is another's"])
    assert out.getvalue() == (
        "assistant.tutor  asst_\\u001b[2J\nImported 1 object. Next: retinue plan\n"
    )
    assert log.getvalue() == "note: asst_\\u001b]0;x\\u0007 is another's\n"
