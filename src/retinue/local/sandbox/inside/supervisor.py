"""The first process of the sandbox: takes orders from the host, keeps the worker within its limits.

It runs before any foreign code does, sets the kernel's limits for the worker and cannot be
signalled, traced or stopped by it. The host trusts it no more than the worker all the same: what
must hold is held by namespaces, size-bounded folders, the syscall filter and the host's own clock.
It ends, and everything in the sandbox with it, when the host closes the pipe.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
from collections.abc import Mapping
from typing import Any

from retinue.local.sandbox.inside import census, folder, wire, worker
from retinue.local.sandbox.inside.watch import Watch, Worker

_PR_SET_DUMPABLE = 4
_NICER = 10
_REST_SECONDS = 2.0
_REST_CPU_SECONDS = 1.0


def main() -> None:
    """Serve the host on standard input and output until it hangs up."""
    host = wire.Channel(os.dup(0), os.dup(1))
    with contextlib.suppress(EOFError, BrokenPipeError):
        Supervisor(host, host.receive()).serve()
    os._exit(0)


class Supervisor:
    """One sandbox: its worker, its limits and the conversation with the host."""

    def __init__(self, host: wire.Channel, limits: Mapping[str, Any]) -> None:
        list(host.body())
        self._host = host
        self._limits = limits
        _look_harmless()
        self._worker = _start_worker(limits)
        _shut_out_the_world()
        _traceable(yes=False)

    def serve(self) -> None:
        """Answer requests one by one; a sandbox whose code was stopped ends with its answer."""
        self._host.send({"op": "ready"})
        while True:
            self._rest()
            request = self._host.receive()
            if request["op"] == "file":
                self._take(request["name"])
            elif not self._execute(b"".join(self._host.body())):
                return

    def _rest(self) -> None:
        """Wait for the host. The worker stays stopped, and must not find a way to go on working."""
        before = census.usage().cpu_seconds
        while not select.select([self._host.source], [], [], _REST_SECONDS)[0]:
            census.freeze()
            census.reap(self._worker.pid)
            if census.usage().cpu_seconds - before > _REST_CPU_SECONDS:
                raise EOFError

    def _take(self, name: str) -> None:
        body = self._host.body()
        error = ""
        try:
            folder.put(name, body)
        except OSError as problem:
            error = problem.strerror or "no reason given"
        for _ in body:  # what did not fit is still on the pipe
            pass
        self._host.send({"op": "took", "error": error})

    def _execute(self, code: bytes) -> bool:
        before = folder.prints()
        watch = Watch(self._worker, self._host.source, self._limits)
        cause = watch.run(code)
        changed = [name for name, seen in folder.prints().items() if before.get(name) != seen]
        for kind, data in watch.transcript.parts():
            self._host.send({"op": kind}, [data])
        left_out = self._hand_over(sorted(changed))
        self._host.send({"op": "done", "cause": cause, "left_out": left_out})
        return not cause

    def _hand_over(self, names: list[str]) -> int:
        """Send result files while they fit; gives the number of those left behind."""
        room = int(self._limits["result_bytes"])
        sent = 0
        for name in names:
            if sent == self._limits["results"]:
                break
            with contextlib.suppress(OSError):
                size = os.lstat(f"{folder.FOLDER}/{name}").st_size
                if size <= room:
                    shown = os.fsencode(name).decode(errors="replace")
                    self._host.send({"op": "file", "name": shown}, folder.read(name, size))
                    room -= size
                    sent += 1
        return len(names) - sent


def _start_worker(limits: Mapping[str, Any]) -> Worker:
    commands, events, seen, output = os.pipe(), os.pipe(), os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _become_worker(limits, (commands[0], events[1], seen[0]), output[1])
        finally:
            os._exit(1)
    for unused in (commands[0], events[1], seen[0], output[1]):
        os.close(unused)
    for ours in (events[0], seen[1], output[0]):
        os.set_blocking(ours, False)
    return Worker(pid, commands[1], events[0], seen[1], output[0])


def _become_worker(limits: Mapping[str, Any], pipes: tuple[int, int, int], output: int) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    kept = {0, 1, 2, *pipes}
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - pathlib costs start-up time
        if int(name) not in kept:
            with contextlib.suppress(OSError):
                os.close(int(name))
    del sys.path[0]  # the archive that this module came in
    os.chdir(folder.FOLDER)
    os.nice(_NICER)
    _bound(limits)
    worker.serve(*pipes)


def _bound(limits: Mapping[str, Any]) -> None:
    for which, most in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(which)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (bound, bound))


def _look_harmless() -> None:
    """Let the kernel take the sandbox first when the machine runs out of memory."""
    with contextlib.suppress(OSError):
        target = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(target, b"1000")
        os.close(target)


def _shut_out_the_world() -> None:
    """Nobody in here can interrupt the first process, and it has nothing to print."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)


def _traceable(*, yes: bool) -> None:
    """Whether others of the same user may look into this process's memory."""
    if ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, int(yes), 0, 0, 0) != 0:
        raise OSError
