"""A real sandbox for every test here; without bubblewrap there is nothing to test."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import pytest

from retinue.local.sandbox import Execution, InputFile, Limits, Logs, Sandbox, find

Run: TypeAlias = Callable[..., Execution]

SHORT = Limits(wall_seconds=20, cpu_seconds=20)


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    if sys.platform != "linux":
        pytest.skip(f"no sandbox on {sys.platform}")
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    found = find()
    assert isinstance(found, Sandbox), found.reason
    return found


@pytest.fixture
def run(sandbox: Sandbox) -> Iterator[Run]:
    """Run code once; what it gave is closed with the test."""
    executions = []

    def once(code: str, *, files: Sequence[InputFile] = (), limits: Limits = SHORT) -> Execution:
        executions.append(asyncio.run(sandbox.run(code, files=files, limits=limits)))
        return executions[-1]

    yield once
    for execution in executions:
        execution.close()


@pytest.fixture
def printed(run: Run) -> Callable[..., str]:
    """Run code that must not be stopped; gives what it printed."""

    def text(code: str, *, files: Sequence[InputFile] = (), limits: Limits = SHORT) -> str:
        execution = run(code, files=files, limits=limits)
        assert execution.error is None, execution
        return logs(execution)

    return text


def logs(execution: Execution) -> str:
    return "".join(each.text for each in execution.outputs if isinstance(each, Logs))
