"""How a sandbox is put together: bubblewrap's arguments, and what it is handed as descriptors.

Every argument here is a wall; ``probe`` shows that they stand. Linux only, but importable anywhere.
"""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from retinue.local.sandbox import seccomp
from retinue.local.sandbox.archive import archive
from retinue.local.sandbox.interpreters import Interpreter
from retinue.local.sandbox.model import Limits

_NOBODY = "65534"
# Accounts that nobody has: systemd hands them out for a service's lifetime, and so do we.
_FIRST_ACCOUNT, _ACCOUNTS = 61184, 4336
_ARCHIVE = "/opt/inside.zip"
_START = (
    f"import sys; sys.path.insert(0, {_ARCHIVE!r}); "
    "from retinue.local.sandbox.inside.supervisor import main; main()"
)
# Of /etc only what programs need to find libraries, fonts and the time zone.
_SETTINGS = ("/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/localtime")
_ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108 - the sandbox's own
    "LANG": "C.UTF-8",
    "MPLBACKEND": "module://retinue.local.sandbox.inside.figures",
    "MPLCONFIGDIR": "/tmp/.matplotlib",  # noqa: S108
    "OMP_NUM_THREADS": "2",  # libraries start a thread per core, and threads count as processes
    "OPENBLAS_NUM_THREADS": "2",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "USER": "sandbox",
}


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group of the host that a sandbox runs as; None keeps the caller's."""

    number: int | None = None


def account() -> Account:
    """A fresh unprivileged account where we are root: root inside would escape the limits."""
    if os.geteuid() != 0:
        return Account()
    return Account(_FIRST_ACCOUNT + secrets.randbelow(_ACCOUNTS))


@dataclass(frozen=True, slots=True)
class Confinement:
    """bubblewrap and the interpreter that it shuts in."""

    bwrap: str
    interpreter: Interpreter

    def command(self, limits: Limits, handed: ExitStack) -> tuple[list[str], tuple[int, ...]]:
        """The command line, and the descriptors to pass; they are closed by ``handed``."""
        filter_program = seccomp.program(platform.machine())
        assert filter_program is not None  # probe finds no sandbox on such a machine
        code = _descriptor(archive(), handed)
        rules = _descriptor(filter_program, handed)
        arguments = [
            *_walls(),
            *_system(),
            *_writable(limits),
            # After /tmp, where an interpreter may live; the last word makes the root read-only.
            *_shown(self.interpreter),
            *("--ro-bind-data", str(code), _ARCHIVE),
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/mnt/data"),
            *("--seccomp", str(rules)),
        ]
        # -u: what was printed before a time-out shall be seen.
        start = ["--", self.interpreter.executable, "-I", "-u", "-X", "utf8", "-c", _START]
        return [self.bwrap, *arguments, *start], (code, rules)


def _walls() -> Iterator[str]:
    yield from ("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session")
    yield from ("--as-pid-1", "--cap-drop", "ALL", "--uid", _NOBODY, "--gid", _NOBODY)
    yield from ("--hostname", "sandbox", "--clearenv")
    for name, value in _ENVIRONMENT.items():
        yield from ("--setenv", name, value)


def _system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("/bin", "/lib", "/lib32", "/lib64", "/sbin"):
        path = Path(name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), name)
        elif path.is_dir():
            yield from ("--ro-bind", name, name)
    for name in _SETTINGS:
        yield from ("--ro-bind-try", name, name)
    yield from ("--proc", "/proc", "--dev", "/dev")


def _writable(limits: Limits) -> Iterator[str]:
    """The three places to write, each bounded."""
    for folder, size in (
        ("/mnt/data", limits.disk_bytes),
        ("/tmp", limits.scratch_bytes),  # noqa: S108 - the sandbox's own
        ("/dev/shm", limits.scratch_bytes),  # noqa: S108
    ):
        yield from ("--perms", "0700", "--size", str(size), "--tmpfs", folder)


def _shown(interpreter: Interpreter) -> Iterator[str]:
    for name in interpreter.folders:
        yield from ("--ro-bind", name, name)


def _descriptor(content: bytes, handed: ExitStack) -> int:
    """An unnamed file in memory with ``content``, read from its beginning by whoever gets it."""
    descriptor = os.memfd_create("retinue-sandbox")
    handed.callback(os.close, descriptor)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
