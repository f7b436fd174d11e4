"""The code that runs inside, as one archive that any Python can import from.

A folder can't be mounted: the account that the sandbox runs under may not be able to read it. The
archive holds the sources, and beside them byte code, which an interpreter of another version skips.
"""

from __future__ import annotations

import importlib.util
import io
import marshal
import zipfile
from functools import cache
from pathlib import Path

_PACKAGE = "retinue.local.sandbox.inside"
_UNCHECKED_HASH = 1


@cache
def archive() -> bytes:
    """A zip file with ``retinue.local.sandbox.inside`` and empty packages around it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as target:
        for outer in ("retinue", "retinue/local", "retinue/local/sandbox"):
            _add(target, f"{outer}/__init__", b"")
        for path in sorted((Path(__file__).parent / "inside").glob("*.py")):
            _add(target, f"{_PACKAGE.replace('.', '/')}/{path.stem}", path.read_bytes())
    return content.getvalue()


def _add(target: zipfile.ZipFile, name: str, source: bytes) -> None:
    code = compile(source, f"{name}.py", "exec", dont_inherit=True)
    head = importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH.to_bytes(4, "little")
    head += importlib.util.source_hash(source)
    target.writestr(f"{name}.py", source)
    target.writestr(f"{name}.pyc", head + marshal.dumps(code))
