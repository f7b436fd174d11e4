"""Runs the handlers of functions: programs of the user's, in children of their own.

A handler gets the arguments as JSON on standard input, and the project's folder as its working
folder. Whatever goes wrong becomes an output that the model can read; nothing here raises.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retinue.manifest.model_checks import Handler
from retinue.talk.events import FunctionCall, Output

MOST_OUTPUT = 512 * 1024
"""Bytes that an output may have."""
_SHOWN = 2_000
_PIECE = 65_536
_MOMENT = 0.01
"""Seconds in which a process that was killed is gone."""
_RUNNER = Path(__file__).with_name("run_callable.py")


def failure(text: str) -> Output:
    """An output that says why the function did not work."""
    return Output(text, failed=True)


async def run_handler(handler: Handler, call: FunctionCall, root: Path) -> Output:
    """Run ``handler`` for ``call`` in the project folder ``root``."""
    try:
        call.parsed()
    except ValueError as error:
        return failure(f"the arguments of {call.name} are not JSON: {error}")
    command = handler.command or (sys.executable, str(_RUNNER), handler.python)
    try:
        child = await _started(command, root)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return failure(f"{call.name}: can't start {command[0]}: {reason}")
    try:
        return await _finished(child.process, handler, call)
    finally:
        await _end(child)


@dataclass(frozen=True, slots=True)
class _Child:
    process: Process
    transport: asyncio.SubprocessTransport


async def _started(command: Sequence[str], root: Path) -> _Child:
    """Start a program, or leave nothing of it: cut off half-way, asyncio would wait for it for
    ever."""
    starting = asyncio.ensure_future(_start(command, root))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError, ValueError):
            await _end(await starting)
        raise


async def _start(command: Sequence[str], root: Path) -> _Child:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        lambda: SubprocessStreamProtocol(limit=_PIECE, loop=loop),
        *command,
        cwd=root,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
    return _Child(Process(transport, protocol, loop), transport)


async def _finished(child: Process, handler: Handler, call: FunctionCall) -> Output:
    talked = _talk(child, (call.arguments or "{}").encode("utf-8", "replace"))
    try:
        out, err = await asyncio.wait_for(talked, handler.timeout)
    except TimeoutError:
        return failure(f"{call.name} took more than {handler.timeout:g} seconds and was stopped")
    if len(out) > MOST_OUTPUT:
        return failure(f"{call.name} gave more than {MOST_OUTPUT:,} bytes and was stopped")
    if child.returncode:
        said = err.decode("utf-8", "replace").strip()[-_SHOWN:]
        return failure(f"{call.name} ended with exit code {child.returncode}: {said or 'silently'}")
    return Output(out.decode("utf-8", "replace").removesuffix("\n"))


async def _talk(child: Process, arguments: bytes) -> tuple[bytes, bytes]:
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    feeding = asyncio.create_task(_feed(child.stdin, arguments))
    errors = asyncio.create_task(_tail(child.stderr))
    try:
        out = await _head(child.stdout)
        if len(out) <= MOST_OUTPUT:
            await child.wait()
            return out, await errors
        return out, b""
    finally:
        feeding.cancel()
        errors.cancel()


async def _feed(stream: asyncio.StreamWriter, data: bytes) -> None:
    # A program that doesn't read its input is none the worse for it.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stream.write(data)
        await stream.drain()
        stream.close()


async def _head(stream: asyncio.StreamReader) -> bytes:
    """All of it, or the first bytes of too much."""
    data = bytearray()
    while len(data) <= MOST_OUTPUT and (piece := await stream.read(_PIECE)):
        data += piece
    return bytes(data)


async def _tail(stream: asyncio.StreamReader) -> bytes:
    data = bytearray()
    while piece := await stream.read(_PIECE):
        data += piece
        del data[: -4 * _SHOWN]
    return bytes(data)


async def _end(child: _Child) -> None:
    """End the handler and what it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
    elif child.process.returncode is None:
        child.process.kill()
    # `wait` would also wait for the output, which a process that got away may keep open.
    while child.process.returncode is None:  # noqa: ASYNC110 - nothing else tells of that alone
        await asyncio.sleep(_MOMENT)
    child.transport.close()
