"""Retinue as its users start it: the command line, one process a command."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from support.process import RETINUE, Sample, Server, measure

EMPTY_PLAN = "No changes."


def command(root: Path, server: Server | None, *arguments: str) -> Sample:
    """Run one command in the project ``root`` and count what the server was asked."""
    if server is not None:
        server.counts()
    sample = measure([*RETINUE, *arguments], cwd=root)
    return replace(sample, requests=sum(server.counts().values())) if server else sample


def no_op_plan(root: Path, server: Server, *arguments: str) -> Sample:
    """Plan, and make sure that nothing was found to do."""
    sample = command(root, server, "plan", *arguments)
    assert EMPTY_PLAN in sample.output, sample.output
    return sample


def first_apply(root: Path, server: Server, *arguments: str) -> Sample:
    """Apply everything."""
    return command(root, server, "apply", "--auto-approve", *arguments)


def sdk_import() -> float:
    """CPU seconds that importing the official SDK costs on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        runs = range(3)
        bare = [measure([sys.executable, "-c", ""], cwd=Path(folder)).cpu for _ in runs]
        sdk = [sys.executable, "-c", "import httpx2, openai"]
        loaded = [measure(sdk, cwd=Path(folder)).cpu for _ in runs]
    return sorted(loaded)[1] - sorted(bare)[1]
