"""Which Python runs the code: one that can be shown to the sandbox, read-only and as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SYSTEM = ("/usr/bin/python3", "/usr/local/bin/python3")
_PROBE_SECONDS = 20
_ASK = "import sys; print(sys.prefix, sys.base_prefix, sys.exec_prefix, sep='\\n')"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An executable and the folders that must be visible for it besides /usr."""

    executable: str
    folders: tuple[str, ...] = ()


def candidates(chosen: Path | None = None) -> list[Interpreter]:
    """Interpreters worth a trial: the chosen one alone, or ours without its packages, the system's.

    A virtual environment of Retinue's own is left out on purpose: what it holds is not for the
    code of a model. One that the user made for that code is shown whole. Raises OSError or
    SubprocessError where the chosen one does not run.
    """
    if chosen is not None:
        return [_asked(chosen)]
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    ours = str(Path(sys.base_prefix) / "bin" / name)
    found = [Interpreter(ours, _outside_usr(sys.base_prefix))]
    found += [Interpreter(path) for path in SYSTEM]
    return [each for each in found if os.access(each.executable, os.X_OK)]


def _asked(path: Path) -> Interpreter:
    """What an interpreter says about itself; resolving links would lose a virtual environment."""
    executable = os.path.abspath(path)  # noqa: PTH100 - Path.resolve follows links
    command = [executable, "-I", "-S", "-c", _ASK]
    # S603: the user named this program.
    said = subprocess.run(  # noqa: S603
        command, check=True, capture_output=True, text=True, timeout=_PROBE_SECONDS
    )
    prefixes = {*said.stdout.splitlines(), str(Path(executable).parent.parent)}
    return Interpreter(executable, _outside_usr(*sorted(prefixes)))


def _outside_usr(*prefixes: str) -> tuple[str, ...]:
    return tuple(each for each in prefixes if each != "/usr" and not each.startswith("/usr/"))
