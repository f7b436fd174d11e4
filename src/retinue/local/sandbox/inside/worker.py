"""Executes cells of code as a notebook does: one set of variables, the last value shown.

This process is the code's own: it may do here what it likes, and nothing that it says is believed.
"""

from __future__ import annotations

import ast
import contextlib
import linecache
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import CodeType, ModuleType, TracebackType
from typing import Any

from retinue.local.sandbox.inside import wire

IMAGE, DONE = b"I", b"D"
_FIGURES = __name__.rpartition(".")[0] + ".figures"

# Where pictures go: matplotlib knows its backend as a module, so that has to ask a module.
pictures: list[Callable[[bytes], None]] = []


def serve(commands: int, events: int, seen: int) -> None:
    """Take cells from one pipe until it ends; tell on the next what happened, wait on the last."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cells = wire.Channel(commands, -1)
    shell = Shell(events, seen)
    while True:
        cells.receive()
        shell.run(b"".join(cells.body()).decode())
        shell.tell(DONE)


class Shell:
    """The variables of a session, and how a cell is run on them."""

    def __init__(self, events: int, seen: int) -> None:
        self._events = events
        self._seen = seen
        self._count = 0
        self._pid = os.getpid()
        self._main = ModuleType("__main__")
        sys.modules["__main__"] = (
            self._main
        )  # so that dataclasses and pickle find what cells define
        pictures[:] = [self._picture]

    def run(self, code: str) -> None:
        """Run one cell; whatever it raises becomes a part of the output."""
        self._count += 1
        name = f"<cell {self._count}>"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        try:
            self._execute(code, name)
            self._show_figures()
        except BaseException as error:  # noqa: BLE001 - sys.exit and Ctrl-C end a cell, not a session
            _report(error)
        _flush()
        if os.getpid() != self._pid:  # a child that the code forked came home: it isn't the session
            os._exit(0)

    def tell(self, kind: bytes, data: bytes = b"") -> None:
        """Send an event and wait until it was seen: what is printed afterwards stands after it."""
        wire.write_all(self._events, kind + wire.LENGTH.pack(len(data)) + data)
        os.read(self._seen, 1)

    def _execute(self, code: str, name: str) -> None:
        # Not ast.parse: a mistake in the syntax should show the code alone.
        tree = compile(code, name, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        assert isinstance(tree, ast.Module)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(_compiled(tree, name, "exec"), self._main.__dict__)  # noqa: S102 - that is the purpose
        if isinstance(last, ast.Expr):
            code_of_last = _compiled(ast.Expression(last.value), name, "eval")
            self._show(eval(code_of_last, self._main.__dict__))  # noqa: S307 - the same

    def _show(self, value: Any) -> None:
        if value is None:
            return
        picture = getattr(type(value), "_repr_png_", None)
        data = picture(value) if picture else None
        if isinstance(data, bytes):
            self._picture(data)
        else:
            print(repr(value))  # noqa: T201 - a notebook's answer

    def _show_figures(self) -> None:
        if "matplotlib.pyplot" in sys.modules and _FIGURES in sys.modules:
            figures: Any = sys.modules[_FIGURES]
            figures.show()

    def _picture(self, data: bytes) -> None:
        _flush()
        self.tell(IMAGE, data)


def _compiled(tree: ast.AST, name: str, mode: str) -> CodeType:
    code: CodeType = compile(tree, name, mode, dont_inherit=True)  # type: ignore[call-overload]
    return code


def _report(error: BaseException) -> None:
    if isinstance(error, SystemExit) and error.code in {None, 0}:
        return
    _flush()
    lines = traceback.format_exception(type(error), error, _outside_us(error.__traceback__))
    wire.write_all(2, "".join(lines).encode(errors="backslashreplace"))


def _outside_us(trace: TracebackType | None) -> TracebackType | None:
    while trace and trace.tb_frame.f_code.co_filename == _compiled.__code__.co_filename:
        trace = trace.tb_next
    return trace


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the code may have put anything there
            stream.flush()
