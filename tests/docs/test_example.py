"""The example talks as the documentation says: on the echo model, without a key."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

from tests.cli.shell import Shell

from retinue.address import Address
from retinue.manifest.compose import load
from retinue.project import load_project
from retinue.talk.calling import bind
from retinue.talk.events import FunctionCall
from retinue.talk.handlers import run_handler

ROOT = Path(__file__).parents[2]


def test_its_checks_pass_on_the_echo_model(tmp_path: Path) -> None:
    root = tmp_path / "example"
    shutil.copytree(ROOT / "assistants", root / "assistants")
    shutil.copy(ROOT / "retinue.yaml", root)
    shell = Shell(root)
    shell.ok("apply", "--auto-approve")
    report = shell.ok("test", "--json").json
    assert [check["reasons"] for check in report["checks"]] == [[], [], []]


def test_its_handler_answers_a_quiz_and_needs_leave() -> None:
    manifest = load(load_project(ROOT, stack=None, environ=os.environ))
    bound = bind(manifest, Address("assistant", "math-tutor"), frozenset())["display_quiz"]
    assert not bound.allowed
    questions = [{"question_text": "1 + 1?", "choices": ["2", "3"]}, {"question_text": "Why?"}]
    arguments = json.dumps({"title": "Sums", "questions": questions})
    call = FunctionCall("call_1", "display_quiz", arguments)
    output = asyncio.run(run_handler(bound.handler, call, ROOT))
    assert json.loads(output.text) == {"title": "Sums", "responses": ["2", "I don't know."]}
