"""One run of the worker, watched: its output, its events, its clock and its appetite."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from retinue.local.sandbox.inside import census, wire, worker
from retinue.local.sandbox.inside.transcript import Transcript

_TICK_SECONDS = 0.05
_READ_BYTES = 64 * 1024
_KINDS = (worker.IMAGE, worker.DONE)
_FLOOD_BYTES = 64 * 1024 * 1024  # printed, kept or not: more than that is no output any more
WRITABLE = ("/mnt/data", "/tmp", "/dev/shm")  # noqa: S108 - folders of the sandbox's own


class Worker(NamedTuple):
    """The process that executes code, and the supervisor's ends of its pipes."""

    pid: int
    commands: int
    events: int
    seen: int
    output: int


class Watch:
    """Runs one cell; ``transcript`` holds what it printed, ``run`` says why it was stopped."""

    def __init__(self, process: Worker, host: int, limits: Mapping[str, Any]) -> None:
        self._worker = process
        self._host = host
        self._limits = limits
        self._events = bytearray()
        self._done = False
        self._images = 0
        self.transcript = Transcript(limits["output_bytes"])

    def run(self, code: bytes) -> str:
        """Execute ``code``; gives "" or the cause of a premature end. All are stopped after."""
        self._start = census.usage().cpu_seconds
        self._deadline = time.monotonic() + self._limits["wall_seconds"]
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._worker.pid, signal.SIGCONT)
        try:
            for piece in wire.frame({}, [code]):
                wire.write_all(self._worker.commands, piece)
            cause = self._watch()
        except BrokenPipeError:
            cause = self._ended()
        census.freeze()
        self._drain()
        census.kill_others_than(self._worker.pid)
        return cause

    def _watch(self) -> str:
        sources = [self._worker.output, self._worker.events, self._host]
        checked = time.monotonic()
        while not self._done:
            ready = select.select(sources, [], [], _TICK_SECONDS)[0]
            if self._host in ready:  # while code runs the host has nothing to say but goodbye
                raise EOFError
            if self._worker.output in ready and not self._listen():
                sources.remove(self._worker.output)  # the code closed its output
            if self._worker.events in ready and not self._hear():
                return self._ended()
            now = time.monotonic()
            if now - checked >= _TICK_SECONDS:
                checked = now
                if cause := self._excess(now):
                    return cause
        return ""

    def _excess(self, now: float) -> str:
        status = census.reap(self._worker.pid)
        if status is not None:
            return _cause_of(status)
        used = census.usage()
        limits = self._limits
        for cause, excess in (
            ("timeout", now > self._deadline),
            ("cpu", used.cpu_seconds - self._start > limits["cpu_seconds"]),
            ("memory", used.memory_bytes > limits["memory_bytes"]),
            ("disk", census.inodes(WRITABLE) > limits["inodes"]),
            ("output", self.transcript.seen > _FLOOD_BYTES),
        ):
            if excess:
                return cause
        return ""

    def _ended(self) -> str:
        """The worker closed its pipe: say how it ended, once that is known."""
        while time.monotonic() < self._deadline:
            status = census.reap(self._worker.pid)
            if status is not None:
                return _cause_of(status)
            time.sleep(0.001)
        return "timeout"

    def _listen(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._worker.output, _READ_BYTES)
            self.transcript.text(data)
            return bool(data)
        return False

    def _drain(self) -> None:
        """Take what is still in the pipe; nobody fills it any more."""
        for _ in range(64):
            if not self._listen():
                return

    def _hear(self) -> bool:
        """Take what the worker tells. False when it won't tell anything any more."""
        data = b""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._worker.events, _READ_BYTES)
            if not data:
                return False
        self._events += data
        header = 1 + wire.LENGTH.size
        while len(self._events) >= header:
            (length,) = wire.LENGTH.unpack(self._events[1:header])
            if length > self._limits["image_bytes"] or self._events[:1] not in _KINDS:
                os.kill(self._worker.pid, signal.SIGKILL)  # our code does not talk like that
                return False
            if len(self._events) < header + length:
                break
            self._happened(bytes(self._events[:1]), bytes(self._events[header : header + length]))
            del self._events[: header + length]
        return True

    def _happened(self, kind: bytes, data: bytes) -> None:
        if kind == worker.DONE:
            self._done = True
        elif self._images < self._limits["images"]:
            self._images += 1
            self._drain()  # what was printed before stands before
            self.transcript.image(data)
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._worker.seen, kind)  # the worker waits, so that what comes after does too


def _cause_of(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"killed {-code}" if code < 0 else f"exited {code}"
