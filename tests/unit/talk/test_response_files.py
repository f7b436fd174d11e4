"""Files that go with a question to a model: in the message, or in the container."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.unit.talk.response_wires import (
    BEGUN,
    END,
    INTERPRETER,
    SEARCH,
    party,
    talk_over,
    wire_of,
)
from tests.unit.talk.wires import ScriptedWire

from retinue.errors import UsageError
from retinue.kinds.base import Upload


class TestFiles:
    def sent(self, path: Path, *tools: Any, keep: bool = False) -> tuple[ScriptedWire, Any]:
        wire = wire_of([BEGUN, END], [BEGUN, END])
        talk = talk_over(wire, party=party(*tools), keep=keep)
        file = Upload(path, path.name, "0" * 64, path.stat().st_size)

        async def work() -> None:
            async for _ in talk.ask("What is it?", [file]):
                pass
            async for _ in talk.ask("And now?"):
                pass
            await talk.close(forget=False)

        asyncio.run(work())
        return wire, [body for body in wire.bodies if "input" in body]

    @pytest.fixture
    def note(self, tmp_path: Path) -> Path:
        path = tmp_path / "a.md"
        path.write_text("text")
        return path

    def test_the_model_reads_a_document_itself(self, note: Path) -> None:
        wire, [asked, _] = self.sent(note, SEARCH)
        assert wire.bodies[0] == {"purpose": "user_data", "filename": "a.md", "size": 4}
        parts = asked["input"][0]["content"]
        assert parts[1] == {"type": "input_file", "file_id": "file-new"}
        assert wire.asked[-1] == "DELETE /files/file-new"

    def test_a_code_interpreter_gets_it_into_its_container_and_keeps_it(self, note: Path) -> None:
        wire, asked = self.sent(note, INTERPRETER, keep=True)
        for body in asked:
            assert body["tools"][0]["container"]["file_ids"] == ["file-1", "file-new"]
        assert asked[0]["input"][0]["content"][1]["text"].endswith("code interpreter: a.md]")
        assert "DELETE /files/file-new" not in wire.asked
        assert INTERPRETER["container"] == {"type": "auto", "file_ids": ["file-1"]}

    def test_a_container_of_ones_own_is_left_alone(self, note: Path) -> None:
        tool = {"type": "code_interpreter", "container": "cntr_1"}
        _, [asked, _] = self.sent(note, tool)
        assert asked["tools"] == [tool]
        assert asked["input"][0]["content"][1]["type"] == "input_file"

    def test_a_picture_is_in_the_message(self, tmp_path: Path) -> None:
        path = tmp_path / "a.PNG"
        path.write_bytes(b"png")
        wire, [asked, _] = self.sent(path)
        picture = {"type": "input_image", "image_url": "data:image/png;base64,cG5n"}
        assert asked["input"][0]["content"][1] == picture
        assert not any("/files" in each for each in wire.asked)

    def test_a_picture_that_is_too_large(self, tmp_path: Path) -> None:
        file = Upload(tmp_path / "a.png", "a.png", "0" * 64, 15_000_001)

        async def work() -> None:
            async for _ in talk_over(wire_of()).ask("Why?", [file]):
                pass

        with pytest.raises(UsageError, match="too large"):
            asyncio.run(work())
