"""The child process that a Python handler runs in: ``run_callable.py module:callable``.

Started as a script, so that nothing of a project is ever imported by Retinue itself. Arguments come
as JSON on standard input; the result goes to standard output, what the callable and its programs
print to standard error. Imports nothing of Retinue: the project's folder is the first place that is
searched.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import json
import os
import sys
from pathlib import Path
from typing import Any


def find(target: str) -> Any:
    """The callable that ``module:name`` or ``module:Class.name`` means."""
    module, _, path = target.partition(":")
    return functools.reduce(getattr, path.split("."), importlib.import_module(module))


def call(target: str, arguments: Any) -> str:
    """Call it, with a mapping as keyword arguments; text stays text, all else becomes JSON."""
    found = find(target)
    result = found(**arguments) if isinstance(arguments, dict) else found(arguments)
    if inspect.isawaitable(result):
        result = asyncio.run(_awaited(result))
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


async def _awaited(result: Any) -> Any:
    return await result


def main() -> None:
    """Run once."""
    sys.path[0] = str(Path.cwd())
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    result = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    output = call(sys.argv[1], json.load(sys.stdin))
    with result:
        result.write(output)


if __name__ == "__main__":
    main()
