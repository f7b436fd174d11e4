"""Whether this machine has a sandbox: found out by running something in one."""

from __future__ import annotations

import asyncio
import json
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from retinue.local.sandbox import seccomp
from retinue.local.sandbox.confinement import Confinement
from retinue.local.sandbox.interpreters import Interpreter, candidates
from retinue.local.sandbox.model import Limits, Unavailable
from retinue.local.sandbox.session import Sandbox

_NAMESPACES = ("ipc", "mnt", "net", "pid", "user", "uts")
_LIMITS = Limits(wall_seconds=20, cpu_seconds=10)
# Printed by the trial: what the kernel itself says about the process.
_TRIAL = f"""
import json, os
status = dict(line.split(':\\t', 1) for line in open('/proc/self/status') if ':\\t' in line)
spaces = {{name: os.readlink('/proc/self/ns/' + name) for name in {_NAMESPACES!r}}}
print(json.dumps({{'status': status, 'spaces': spaces, 'uid': os.getuid()}}))
"""
_FORBIDDEN = ("namespace", "uid map", "Operation not permitted", "loopback")


def find(python: Path | None = None) -> Sandbox | Unavailable:
    """The sandbox of this machine, or why there is none; tried once per process and ``python``.

    ``python`` is an interpreter for the code, such as the one of a virtual environment with numpy
    in it; by default Retinue's own interpreter without its packages, else the system's. The trial
    takes about 0.1 s and blocks.
    """
    return _find(python)


@cache
def _find(python: Path | None) -> Sandbox | Unavailable:
    if sys.platform != "linux":
        return Unavailable(f"running code needs bubblewrap, which {sys.platform} does not have")
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return Unavailable("running code needs bubblewrap: install the package 'bubblewrap'")
    if seccomp.program(platform.machine()) is None:
        return Unavailable(f"there is no system call filter for {platform.machine()} processors")
    try:
        interpreters = candidates(python)
    except (OSError, subprocess.SubprocessError) as error:
        return Unavailable(f"{python} is not a Python that runs: {error}")
    return _first_that_works(bwrap, interpreters)


def _first_that_works(bwrap: str, interpreters: list[Interpreter]) -> Sandbox | Unavailable:
    complaints = ["no Python interpreter that could be shown to it"]
    for interpreter in interpreters:
        sandbox = Sandbox(Confinement(bwrap, interpreter))
        complaint = _tried(sandbox)
        if not complaint:
            return sandbox
        complaints.append(complaint)
    return Unavailable(_explained(complaints[-1]))


def _tried(sandbox: Sandbox) -> str:
    """Run the trial in a thread of its own: the caller may be inside an event loop."""
    with ThreadPoolExecutor(1) as thread:
        execution = thread.submit(lambda: asyncio.run(sandbox.run(_TRIAL, limits=_LIMITS))).result()
    if execution.error:
        return execution.error
    try:
        said = json.loads("".join(str(getattr(each, "text", "")) for each in execution.outputs))
        return _doubt(said)
    except (ValueError, KeyError, TypeError):
        return "the trial run printed something else than it should"


def _doubt(said: dict[str, Any]) -> str:
    """Why the trial was not confined as it should be; nothing where it was."""
    ours = {name: str(Path(f"/proc/self/ns/{name}").readlink()) for name in _NAMESPACES}
    shared = [name for name in _NAMESPACES if said["spaces"][name] == ours[name]]
    status = {key: value.strip() for key, value in said["status"].items()}
    if shared:
        return f"the sandbox shares namespaces with this machine: {', '.join(shared)}"
    if int(status["CapPrm"], 16) or int(status["CapBnd"], 16) or said["uid"] == 0:
        return "the sandbox keeps capabilities"
    if status["NoNewPrivs"] != "1" or status["Seccomp"] != "2":
        return "the sandbox runs without a system call filter"
    return ""


def _explained(complaint: str) -> str:
    if any(sign in complaint for sign in _FORBIDDEN):
        return (
            "this machine forbids unprivileged user namespaces, which bubblewrap needs"
            f" ({complaint.rstrip('.')})"
        )
    return f"the sandbox did not work ({complaint.rstrip('.')})"
