"""The process that reads one file: the file is its standard input, passages go out as JSON lines.

It gives up its own rights first: memory, processor time and writing to files are limited where
the operating system can do that; the parent limits the time everywhere. The last line says how
it ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator

from retinue.local.search.extraction import Unreadable
from retinue.local.search.passages import Source, passages

_MEMORY_BYTES = 1536 * 1024 * 1024
_CPU_SECONDS = 120


def main() -> None:
    """Read the request from the command line and answer it."""
    _confine()
    for line in _answer(Source(**json.loads(sys.argv[-1]))):
        sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    # A parser's leftovers may take long to free; nobody waits for that.
    os._exit(0)


def _answer(source: Source) -> Iterator[object]:
    try:
        for found in passages(sys.stdin.buffer, source):
            yield [found.start, found.text, found.terms, found.length]
    except Unreadable as error:
        yield {"fault": error.fault}
    except (MemoryError, RecursionError):
        yield {"fault": "exhausting"}
    else:
        yield {"fault": None}


def _confine() -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    try:
        import resource
    except ImportError:
        return
    for which, most in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(which, (most, most))
