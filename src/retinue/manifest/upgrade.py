"""The form of the first Assistants API: ``retrieval`` tools, and files on the assistant itself.

Both still work. Retrieval becomes file_search in a vector store of the assistant's own; files go
into that store, to code_interpreter, or to both, as the first API had it. Each use is reported as
a deprecation, with the new spelling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from retinue.address import Address
from retinue.manifest.context import Context, Declaration
from retinue.manifest.model import Lifecycle, Reference, StoreFile, VectorStore
from retinue.manifest.references import resolved
from retinue.manifest.schema_tools import MAX_FIRST_API_FILES
from retinue.problem import FixedPlace


@dataclass(frozen=True, slots=True)
class FirstApi:
    """What the old form stands for. ``code_files`` is None where it says nothing of them;
    ``refused`` says that it is mixed with the new form."""

    store: Address | None = None
    code_files: tuple[Reference, ...] | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class _Old:
    """The old form as found: where retrieval and the other tools stand among the tools."""

    retrieval: int | None
    code: dict[str, Any] | None
    search: int | None
    files: tuple[Reference, ...] | None


def read_first_api(context: Context, owner: Declaration) -> FirstApi:
    """Upgrade an assistant in the old form: add its vector store, warn, refuse mixtures."""
    if not _looks_old(owner):
        return FirstApi()
    old = _read(context, owner)
    if _refused(context, owner, old):
        return FirstApi(refused=True)
    _warn(context, owner, old)
    code_files = old.files if old.code is not None else None
    if old.retrieval is None or not old.files:
        return FirstApi(None, code_files)
    return FirstApi(_own_store(context, owner, old.files), code_files)


def _types(owner: Declaration) -> list[str | None]:
    tools = owner.value.get("tools", [])
    return [tool.get("type") if isinstance(tool, dict) else tool for tool in tools]


def _looks_old(owner: Declaration) -> bool:
    return "files" in owner.value or "retrieval" in _types(owner)


def _read(context: Context, owner: Declaration) -> _Old:
    types = _types(owner)

    def first(kind: str) -> int | None:
        return types.index(kind) if kind in types else None

    code = first("code_interpreter")
    entry = owner.value["tools"][code] if code is not None else None
    files = _files(context, owner) if "files" in owner.value else None
    return _Old(
        retrieval=first("retrieval"),
        code={"type": entry} if isinstance(entry, str) else entry,
        search=first("file_search"),
        files=files,
    )


def _files(context: Context, owner: Declaration) -> tuple[Reference, ...]:
    return tuple(resolved(context, owner, "file", owner.value["files"], "files"))


def _refused(context: Context, owner: Declaration, old: _Old) -> bool:
    """Report a mixture of the old and the new form that has no one meaning."""
    places = owner.places
    if old.retrieval is not None and old.search is not None:
        context.report(
            "OLD-FORM",
            places.at("tools", old.retrieval),
            "retrieval is the old name of file_search, which is there already",
            "remove retrieval, and put its files into the vector store",
        )
    elif old.files is not None and old.retrieval is None and old.code is None:
        context.report(
            "OLD-FORM",
            places.at("files"),
            "no tool of the assistant can read these files",
            "use file_search with a vector_store, or code_interpreter with files",
        )
    elif old.files is not None and old.code is not None and "files" in old.code:
        context.report(
            "OLD-FORM",
            places.at("files"),
            "code_interpreter names its files already",
            "move these files to the tools that need them",
        )
    elif old.files is not None and old.code is not None and len(old.files) > MAX_FIRST_API_FILES:
        context.report(
            "TOO-MANY",
            places.at("files"),
            f"files has {len(old.files)} entries; "
            f"code_interpreter takes at most {MAX_FIRST_API_FILES}",
        )
    else:
        return False
    return True


def _warn(context: Context, owner: Declaration, old: _Old) -> None:
    place = (
        owner.places.at("tools", old.retrieval)
        if old.retrieval is not None
        else owner.places.at("files")
    )
    context.report(
        "DEPRECATED",
        place,
        f"{owner.address} is in the form of the first Assistants API",
        f"write {_new_spelling(owner, old)}",
        "warning",
    )


def _new_spelling(owner: Declaration, old: _Old) -> str:
    files = "[" + ", ".join(_written(file) for file in owner.value.get("files", [])) + "]"
    store = f"{owner.address.name}-files"
    tools: list[str] = []
    if old.code is not None:
        tools.append("{type: code_interpreter" + (f", files: {files}}}" if old.files else "}"))
    if old.retrieval is not None:
        tools.append("{type: file_search" + (f", vector_store: {store}}}" if old.files else "}"))
    new = f"in tools: {' and '.join(tools)}"
    if old.retrieval is not None and old.files:
        new += f"; and vector_stores: {{{store}: {{files: {files}}}}}"
    return new


def _written(file: Any) -> str:
    if isinstance(file, dict):
        return "{" + ", ".join(f"{key}: {value}" for key, value in file.items()) + "}"
    return str(file)


def _own_store(
    context: Context, owner: Declaration, files: tuple[Reference, ...]
) -> Address | None:
    """Add the vector store that stands for the files of retrieval."""
    address = Address("vector_store", f"{owner.address.name}-files")
    declared = context.declared.get(address)
    if declared is not None:
        context.report(
            "OLD-FORM",
            owner.places.at("files"),
            f"these files would become {address}, which is declared at {declared.places.at()}",
            "use file_search with that vector store",
        )
        return None
    place = owner.places.at("files")
    context.resources[address] = VectorStore(
        address=address,
        fields={"name": address.name},
        files=tuple(StoreFile(file) for file in files),
        lifecycle=Lifecycle(),
        places=FixedPlace(place),
    )
    return address
