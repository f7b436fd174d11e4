"""Building files and vector stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from retinue.address import Address
from retinue.manifest.context import Context, Declaration
from retinue.manifest.model import ExternalId, File, Lifecycle, StoreFile, VectorStore
from retinue.manifest.paths import BadPath
from retinue.manifest.references import check_content, external, file_at, implicit_file, named
from retinue.manifest.schema_files import MAX_STORE_FILES, STORE_FIELDS

_FILE_FIELDS = ("purpose", "expires_after")


def lifecycle(value: dict[str, Any]) -> Lifecycle:
    """Read a resource's lifecycle."""
    written = value.get("lifecycle", {})
    ignored = (field for field in written.get("ignore_changes", []) if field is not None)
    return Lifecycle(protect=written.get("protect", False), ignore_changes=tuple(ignored))


def build_files(context: Context) -> None:
    """Add every declared file; comes before all that finds files by path."""
    for owner in context.of_kind("file"):
        written = owner.value.get("path")
        located = context.locate(owner, written, "path") if written else None
        if located is None:
            continue
        check_content(context, located.path, located.shown, owner.places.at("path"))
        first = context.files_by_path.setdefault(located.path, owner.address)
        if first != owner.address:
            context.report(
                "FILE-TWICE",
                owner.places.at("path"),
                f"{located.shown} is {first} already, and would be uploaded twice",
                f"refer to {first.name} instead",
                "warning",
            )
        fields = owner.pick(_FILE_FIELDS)
        context.resources[owner.address] = File(
            address=owner.address,
            path=Path(located.path),
            shown=located.shown,
            fields={"purpose": "assistants", **fields},
            lifecycle=lifecycle(owner.value),
            places=owner.places,
        )


def build_stores(context: Context) -> None:
    """Add every declared vector store, and the files that its globs and paths find."""
    for owner in context.of_kind("vector_store"):
        fields = owner.pick(STORE_FIELDS)
        if "chunking_strategy" in fields:
            fields["chunking_strategy"] = _chunking(context, owner, fields["chunking_strategy"])
        context.resources[owner.address] = VectorStore(
            address=owner.address,
            fields={"name": owner.address.name, **fields},
            files=store_files(context, owner) if "files" in owner.value else None,
            lifecycle=lifecycle(owner.value),
            places=owner.places,
        )


def store_files(context: Context, owner: Declaration) -> tuple[StoreFile, ...]:
    """Build ``files`` of a store: entries in order, each file once.

    What an entry names alone wins over what a pattern finds; of two patterns, the first.
    """
    alone: dict[Address | ExternalId, StoreFile] = {}
    entries: list[list[StoreFile]] = []
    for index, entry in enumerate(owner.value["files"]):
        found = _entry(context, owner, entry, index) if entry is not None else []
        entries.append(found)
        if not _is_glob(entry):
            for each in found:
                _add_alone(context, owner, index, alone, each)
    every: dict[Address | ExternalId, StoreFile] = {}
    for found in entries:
        for each in found:
            every.setdefault(each.file, alone.get(each.file, each))
    if len(every) > MAX_STORE_FILES:
        context.report(
            "TOO-MANY",
            owner.places.at("files"),
            f"{owner.address} holds {len(every):,} files; at most {MAX_STORE_FILES:,} are allowed",
        )
    return tuple(every.values())


def _add_alone(
    context: Context,
    owner: Declaration,
    index: int,
    alone: dict[Address | ExternalId, StoreFile],
    each: StoreFile,
) -> None:
    if each.file in alone:
        name = each.file.id if isinstance(each.file, ExternalId) else each.file
        context.report(
            "DUPLICATE-FILE",
            owner.places.at("files", index),
            f"{owner.address} holds {name} twice",
            "keep one of the two",
        )
    alone[each.file] = each


def _is_glob(entry: Any) -> bool:
    return isinstance(entry, dict) and "glob" in entry


def _entry(context: Context, owner: Declaration, entry: Any, index: int) -> list[StoreFile]:
    """Resolve one entry of ``files``: a name, or a mapping with file, glob, path or id."""
    at = ("files", index)
    if isinstance(entry, str):
        address = named(context, owner, "file", entry, *at)
        return [StoreFile(address)] if address else []
    attributes = entry.get("attributes")
    if "glob" in entry:
        return [StoreFile(each, attributes) for each in _matched(context, owner, entry, index)]
    if "id" in entry:
        return [StoreFile(external(context, owner, "file", entry["id"], *at, "id"), attributes)]
    address = None  # of a flawed entry
    if "path" in entry:
        address = file_at(context, owner, entry["path"], *at, "path")
    elif "file" in entry:
        address = named(context, owner, "file", entry["file"], *at, "file")
    return [StoreFile(address, attributes)] if address else []


def _matched(
    context: Context, owner: Declaration, entry: dict[str, Any], index: int
) -> list[Address]:
    exclude = entry.get("exclude", [])
    patterns = [exclude] if isinstance(exclude, str) else [each for each in exclude if each]
    place = owner.places.at("files", index, "glob")
    try:
        found = context.globber.files(owner.folder, entry["glob"], tuple(patterns))
    except BadPath as error:
        context.report_path(error, place)
        return []
    addresses = (implicit_file(context, located, place) for located in found)
    return [address for address in addresses if address is not None]


def _chunking(context: Context, owner: Declaration, written: Any) -> dict[str, Any]:
    """Return the strategy as the platform writes it; ``auto`` alone is its short form."""
    if isinstance(written, str):
        return {"type": written}
    sizes = written.get("static", {})
    most, overlap = sizes.get("max_chunk_size_tokens"), sizes.get("chunk_overlap_tokens")
    if most is not None and overlap is not None and overlap * 2 > most:
        context.report(
            "RANGE",
            owner.places.at("chunking_strategy", "static", "chunk_overlap_tokens"),
            f"chunk_overlap_tokens must be at most half of "
            f"max_chunk_size_tokens ({most // 2}), not {overlap}",
        )
    return dict(written)
