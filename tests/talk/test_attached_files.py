"""Files that go with a question, and the files that an answer cites."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from tests.cli.shell import Shell
from tests.talk.conftest import api, on_all, on_searching
from tests.talk.model import ScriptedModel

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
)
"""A picture of one point."""


class TestAttached:
    @on_searching
    def test_citations_are_footnotes(self, school: Shell) -> None:
        done = school.ok("ask", "reader", "search for limits")
        assert done.out == "It is in the notes[1].\n\n[1] limits.md (file.limits)\n"

    @on_searching
    def test_citations_and_results_in_the_document(self, school: Shell) -> None:
        document = school.ok("ask", "reader", "search for limits", "--json").json
        [citation] = document["citations"]
        assert (citation["file"], citation["address"]) == ("limits.md", "file.limits")
        [step] = document["steps"]
        assert step["type"] == "file_search"
        assert "Where a sequence goes" in step["results"][0]["text"]

    @on_searching
    def test_an_attached_file_is_removed_again(
        self, school: Shell, platform: str, target: str, tmp_path: Path
    ) -> None:
        note = tmp_path / f"note-that-goes-from-{target}.md"
        note.write_text("# Seen\n")
        school.ok("ask", "reader", "hello", "--file", str(note))
        assert note.name not in str(api(platform, "GET", "/files"))
        school.ok("ask", "reader", "hello", "--file", str(note), "--keep")
        assert note.name in str(api(platform, "GET", "/files"))

    def test_an_assistant_that_can_read_no_file(self, school: Shell, tmp_path: Path) -> None:
        (tmp_path / "note.md").write_text("# Seen\n")
        done = school("ask", "plain", "hello", "--file", str(tmp_path / "note.md"))
        assert done.code == 1
        assert "has no tool that can read" in done.err

    @pytest.mark.parametrize("target", ["agents"], indirect=True)
    def test_an_agent_can_be_sent_pictures_alone(self, school: Shell, tmp_path: Path) -> None:
        (tmp_path / "note.md").write_text("# Seen\n")
        done = school("ask", "plain", "hello", "--file", str(tmp_path / "note.md"))
        assert done.code == 1
        assert "an agent reads files of its environment alone" in done.err

    @on_all
    def test_a_picture_is_shown_to_the_model(
        self, school: Shell, model: ScriptedModel, tmp_path: Path
    ) -> None:
        (tmp_path / "dot.png").write_bytes(DOT)
        school.ok("ask", "plain", "what is it?", "--file", str(tmp_path / "dot.png"))
        [text, picture] = model.requests[-1]["messages"][-1]["content"]
        assert text["text"] == "what is it?"
        assert picture["image_url"]["url"].startswith("data:image/png;base64,iVBOR")

    @pytest.mark.parametrize("target", ["responses"], indirect=True)
    def test_without_a_code_interpreter_the_model_itself_reads_the_file(
        self, school: Shell, model: ScriptedModel, tmp_path: Path
    ) -> None:
        (tmp_path / "note.md").write_text("# Seen\n")
        school.ok("ask", "plain", "hello", "--file", str(tmp_path / "note.md"))
        assert "# Seen" in str(model.requests[-1]["messages"][-1])
