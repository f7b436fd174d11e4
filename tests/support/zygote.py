"""Starts Retinue fast: one process that has imported everything and forks for each run.

A run is a process of its own, with its own memory, ended by real signals; only the time for
imports is saved, which would otherwise be most of a test. Run as ``python -m tests.support.zygote
SOCKET``. Every connection is one run: the first line says what to run (JSON), then the PID comes
back, and at the end the exit code (negative: the signal that ended it).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from typing import Any, NoReturn

from tests.support.sabotage import sabotage


def main(path: str) -> None:
    """Accept runs until the parent closes our stdin or ends us."""
    _import_everything()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    # Supervisors are never waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)  # noqa: T201 - the parent waits for it
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _supervise(connection)
        connection.close()


def _import_everything() -> None:
    import openai.resources
    import uvicorn
    import uvicorn.loops.auto
    import uvicorn.protocols.http.auto

    import retinue.cli.apply
    import retinue.cli.drift
    import retinue.cli.main
    import retinue.cli.output
    import retinue.cli.plan
    import retinue.cli.serve
    import retinue.cli.state
    import retinue.cli.unlock
    import retinue.local.serve
    import retinue.manifest.compose
    import retinue.operations.applying
    import retinue.operations.rebuild
    import retinue.render.progress
    import retinue.render.text  # noqa: F401 - imported to be there after the fork

    del openai, uvicorn


def _supervise(connection: socket.socket) -> NoReturn:
    """Fork the run, tell its PID, wait for it, tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection, connection.makefile("rw", encoding="utf-8") as line:
        order = json.loads(line.readline())
        pid = os.fork()
        if pid == 0:
            _run(order)
        line.write(f"{pid}\n")
        line.flush()
        _, status = os.waitpid(pid, 0)
        try:
            line.write(f"{os.waitstatus_to_exitcode(status)}\n")
            line.flush()
        except OSError:
            pass  # the test has gone; nobody wants to know
    os._exit(0)


def _run(order: dict[str, Any]) -> NoReturn:
    """Become ``retinue`` with the order's arguments."""
    code = 70
    try:
        _redirect(order["out"], order["err"])
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["env"])
        if order["sabotage"]:
            sabotage(**order["sabotage"])
        from retinue.cli.main import run

        code = run(order["argv"])
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else 1
    except BaseException:  # noqa: BLE001 - shown, and the exit code says that it was no error of ours
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(out: str, err: str) -> None:
    for number, path in ((0, os.devnull), (1, out), (2, err)):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        descriptor = os.open(path, flags, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as we do
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    main(sys.argv[1])
