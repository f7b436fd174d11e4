"""Handlers as processes: whatever they do, and whenever they are to stop, there is an end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from tests.talk.processes import running, until

from retinue.manifest.model_checks import Handler
from retinue.talk.events import FunctionCall, Output
from retinue.talk.handlers import run_handler

if sys.platform == "win32":
    pytest.skip("the programs are those of Unix", allow_module_level=True)

PATIENCE = 20


def given(root: Path, script: str, arguments: str = "{}", timeout: float = PATIENCE) -> Output:
    """What a shell script gives."""
    handler = Handler(command=("sh", "-c", script), timeout=timeout)
    return asyncio.run(run_handler(handler, FunctionCall("c1", "f", arguments), root))


def test_arguments_go_in_and_text_comes_out(tmp_path: Path) -> None:
    assert given(tmp_path, "cat", '{"a": "é"}') == Output('{"a": "é"}')


@pytest.mark.parametrize(
    ("arguments", "said"),
    [("{", "the arguments of f are not JSON"), ("[" * 100_000, "nested too deeply")],
)
def test_arguments_that_are_no_json(tmp_path: Path, arguments: str, said: str) -> None:
    output = given(tmp_path, "cat", arguments)
    assert (output.failed, said in output.text) == (True, True)


def test_half_a_character_is_no_reason_to_fail(tmp_path: Path) -> None:
    assert given(tmp_path, "cat", '{"a": "\ud83d"}') == Output('{"a": "?"}')


@pytest.mark.parametrize("steps", range(12))
def test_it_can_be_stopped_at_every_step(tmp_path: Path, steps: int) -> None:
    """Also while it starts: nothing hangs, and nothing that it has started is left."""
    handler = Handler(command=("sh", "-c", "sleep 300 & echo $! > pid; wait"))

    async def work() -> None:
        running = asyncio.create_task(run_handler(handler, FunctionCall("c1", "f", "{}"), tmp_path))
        for _ in range(steps):
            await asyncio.sleep(0)
        running.cancel()
        done, _ = await asyncio.wait([running], timeout=PATIENCE)
        assert done, "it hangs"
        assert running.cancelled()

    asyncio.run(work())
    note = tmp_path / "pid"
    if note.exists() and note.read_text().strip():
        child = int(note.read_text())
        until(lambda: not running(child))


def test_a_process_that_got_away_holds_nobody_up(tmp_path: Path) -> None:
    """It has left the group of the handler, and keeps the handler's output open."""
    script = "setsid sh -c 'echo $$ > pid; exec sleep 300' & sleep 300"
    output = given(tmp_path, script, timeout=1)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert output == Output("f took more than 1 seconds and was stopped", failed=True)


def test_what_a_callable_prints_in_any_way_is_no_result(tmp_path: Path) -> None:
    code = "import subprocess\n\ndef f():\n    subprocess.run(['echo', 'noise'])\n    return 'x'\n"
    (tmp_path / "mine.py").write_text(code)
    handler = Handler(python="mine:f")
    output = asyncio.run(run_handler(handler, FunctionCall("c1", "f", "{}"), tmp_path))
    assert output == Output("x")
