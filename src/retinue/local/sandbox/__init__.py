"""The code interpreter's room: Python that a model wrote, executed in a locked-down child.

``find`` says whether this machine has a sandbox, by running something in it. A ``Session`` is one
sandbox whose variables and files live on from call to call; ``Sessions`` keeps one for every
thread. Where there is no sandbox there is no execution: nothing in here runs code unprotected, and
nothing that comes out of a sandbox is executed, unpickled or used as a path.

What holds, on Linux: bubblewrap gives namespaces of its own (no network, no host processes), a
read-only system without /etc, /home and /root, size-bounded folders in memory and no capabilities;
a filter refuses dangerous system calls; the kernel's limits and a supervisor inside bound time,
memory, processes and output; the host bounds what it reads and has its own clock.
"""

from __future__ import annotations

from retinue.local.sandbox.model import (
    Execution,
    Image,
    InputFile,
    Limits,
    Logs,
    OutputFile,
    Unavailable,
)
from retinue.local.sandbox.names import safe_name, safe_names
from retinue.local.sandbox.probe import find
from retinue.local.sandbox.session import Sandbox, Session
from retinue.local.sandbox.sessions import Sessions

__all__ = [
    "Execution",
    "Image",
    "InputFile",
    "Limits",
    "Logs",
    "OutputFile",
    "Sandbox",
    "Session",
    "Sessions",
    "Unavailable",
    "find",
    "safe_name",
    "safe_names",
]
