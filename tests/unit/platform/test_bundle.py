"""Folders as archives: the same bytes for the same content, and nothing but that content."""

from __future__ import annotations

import os
from pathlib import Path
from zipfile import ZipFile

import pytest

from retinue.errors import PlanStale
from retinue.kinds.base import Upload
from retinue.platform.bundle import pack, whole
from retinue.uploads import read_uploads

FILES = {"SKILL.md": b"cite", "scripts/run.sh": b"#!/bin/sh\n", "empty.txt": b""}


def folder(root: Path, files: dict[str, bytes] | None = None) -> Upload:
    files = FILES if files is None else files
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    asked = (root, "skill", tuple(sorted(files)))
    (upload,) = read_uploads([], root.parent / "cache.json", folders=[asked])
    return upload


def test_an_archive_holds_one_folder_with_every_file(tmp_path: Path) -> None:
    with pack(folder(tmp_path / "a"), "citing") as archive, ZipFile(archive) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == {
            f"citing/{name}": content for name, content in FILES.items()
        }


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    first, second = folder(tmp_path / "a"), folder(tmp_path / "b")
    for name in FILES:
        os.utime(tmp_path / "b" / name, ns=(10**18, 10**18))
        (tmp_path / "b" / name).chmod(0o600)
    archives = []
    for upload in (first, second):
        with pack(upload, "citing") as archive:
            archive.seek(0)
            archives.append(archive.read())
    assert archives[0] == archives[1]


def test_a_script_may_be_run_and_nothing_else(tmp_path: Path) -> None:
    with pack(folder(tmp_path / "a"), "citing") as archive, ZipFile(archive) as packed:
        modes = {each.filename: each.external_attr >> 16 & 0o777 for each in packed.infolist()}
    assert modes == {
        "citing/SKILL.md": 0o644,
        "citing/scripts/run.sh": 0o755,
        "citing/empty.txt": 0o644,
    }


def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    content = os.urandom(1 << 20) * 3
    upload = folder(tmp_path / "a", {"SKILL.md": b"cite", "big.bin": content})
    with pack(upload, "citing") as archive, ZipFile(archive) as packed:
        assert packed.read("citing/big.bin") == content


@pytest.mark.parametrize("now", [b"Cite", b"longer", None])
def test_what_changed_since_the_plan_is_not_packed(tmp_path: Path, now: bytes | None) -> None:
    upload = folder(tmp_path / "a")
    path = tmp_path / "a" / "SKILL.md"
    if now is None:
        path.unlink()
    else:
        path.write_bytes(now)
    with pytest.raises(PlanStale, match="skill changed after the plan was made"):
        pack(upload, "citing")


def test_the_whole_of_a_folder_is_its_archive(tmp_path: Path) -> None:
    upload = folder(tmp_path / "a")
    with pack(upload, "citing") as archive:
        archive.seek(0)
        assert whole(upload, "citing") == archive.read()


def test_the_whole_of_a_file_is_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"\0content")
    (upload,) = read_uploads([(path, "a.bin")], tmp_path / "cache.json")
    assert whole(upload, "") == b"\0content"


@pytest.mark.parametrize("now", [b"Content", b"", None])
def test_the_whole_of_a_file_that_changed_since_the_plan_is_refused(
    tmp_path: Path, now: bytes | None
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"content")
    (upload,) = read_uploads([(path, "a.bin")], tmp_path / "cache.json")
    if now is None:
        path.unlink()
    else:
        path.write_bytes(now)
    with pytest.raises(PlanStale, match=r"a\.bin changed after the plan was made"):
        whole(upload, "")
