"""The digest cache: never a wrong digest, and no file read twice without need."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from retinue.errors import PlanStale
from retinue.kinds.base import Upload
from retinue.uploads import HashCache, read_uploads, require_unchanged


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "hashes.json"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.md"
    path.write_bytes(b"first")
    return path


def aged(path: Path, seconds: float) -> None:
    """Make ``path`` as old as that."""
    then = time.time_ns() - int(seconds * 1e9)
    os.utime(path, ns=(then, then))


def digest_of(path: Path, cache: Path) -> str:
    (upload,) = read_uploads([(path, "a.md")], cache)
    assert upload.size == path.stat().st_size
    return upload.sha256


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_digest_is_that_of_the_content(file: Path, cache: Path) -> None:
    assert digest_of(file, cache) == sha256(b"first")


def test_a_settled_file_is_not_read_again(file: Path, cache: Path) -> None:
    aged(file, 60)
    digest_of(file, cache)
    stamp = file.stat().st_mtime_ns
    file.write_bytes(b"other")  # the same size and, by sleight of hand, the same time
    os.utime(file, ns=(stamp, stamp))
    assert digest_of(file, cache) == sha256(b"first")


def test_a_file_that_was_just_written_is_not_remembered(file: Path, cache: Path) -> None:
    stamp = time.time_ns()
    os.utime(file, ns=(stamp, stamp))
    digest_of(file, cache)
    file.write_bytes(b"other")  # within the same tick of a coarse clock
    os.utime(file, ns=(stamp, stamp))
    assert digest_of(file, cache) == sha256(b"other")


@pytest.mark.parametrize("content", [b"other", b"longer than it was"])
def test_a_file_that_changed_is_read(file: Path, cache: Path, content: bytes) -> None:
    aged(file, 60)
    digest_of(file, cache)
    file.write_bytes(content)
    aged(file, 30)
    assert digest_of(file, cache) == sha256(content)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"version": 2, "files": {}}'])
def test_a_cache_that_is_broken_is_no_cache(file: Path, cache: Path, content: str) -> None:
    cache.parent.mkdir()
    cache.write_text(content)
    assert digest_of(file, cache) == sha256(b"first")


def test_what_is_no_longer_used_is_dropped(file: Path, cache: Path) -> None:
    aged(file, 60)
    digest_of(file, cache)
    read_uploads([], cache)
    assert json.loads(cache.read_text())["files"] == {}


def test_a_cache_is_not_written_without_need(file: Path, cache: Path) -> None:
    aged(file, 60)
    digest_of(file, cache)
    before = cache.stat().st_mtime_ns, cache.stat().st_ino
    digest_of(file, cache)
    assert (cache.stat().st_mtime_ns, cache.stat().st_ino) == before


def test_a_cache_that_cannot_be_written_is_done_without(file: Path, tmp_path: Path) -> None:
    aged(file, 60)
    (tmp_path / "blocked").write_text("a file where the folder should be")
    hashes = HashCache(tmp_path / "blocked" / "hashes.json")
    assert hashes.upload(file, "a.md").sha256 == sha256(b"first")
    hashes.save()


# --- Folders -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "skill"
    (path / "scripts").mkdir(parents=True)
    (path / "SKILL.md").write_bytes(b"cite")
    (path / "scripts" / "run.py").write_bytes(b"run")
    return path


NAMES = ("SKILL.md", "scripts/run.py")


def read_folder(path: Path, cache: Path, names: tuple[str, ...] = NAMES) -> Upload:
    (upload,) = read_uploads([], cache, folders=[(path, "skill", names)])
    return upload


def test_a_folder_is_its_files(folder: Path, cache: Path) -> None:
    upload = read_folder(folder, cache)
    assert (upload.shown, upload.size) == ("skill", 7)
    digests = [hashlib.sha256(content).hexdigest() for content in (b"cite", b"run")]
    assert upload.files == dict(zip(NAMES, digests, strict=True))


def test_another_content_or_name_is_another_folder(folder: Path, cache: Path) -> None:
    first = read_folder(folder, cache).sha256
    (folder / "SKILL.md").write_bytes(b"Cite")
    second = read_folder(folder, cache).sha256
    (folder / "SKILL.md").rename(folder / "skill.md")
    third = read_folder(folder, cache, ("scripts/run.py", "skill.md")).sha256
    assert len({first, second, third}) == 3


def test_a_folder_is_the_same_wherever_it_is(folder: Path, cache: Path) -> None:
    first = read_folder(folder, cache).sha256
    moved = folder.rename(folder.parent / "elsewhere")
    assert read_folder(moved, cache).sha256 == first


def test_files_and_folders_share_the_cache(file: Path, folder: Path, cache: Path) -> None:
    for path in (file, *(folder / name for name in NAMES)):
        aged(path, 60)
    asked = [(file, "a.md")], [(folder, "skill", NAMES)]
    uploads = read_uploads(asked[0], cache, folders=asked[1])
    assert [upload.shown for upload in uploads] == ["a.md", "skill"]
    known = json.loads(cache.read_text())["files"]
    assert set(known) == {"a.md", "skill/SKILL.md", "skill/scripts/run.py"}
    assert read_uploads(asked[0], cache, folders=asked[1]) == uploads


@pytest.mark.parametrize("size", [0, 100, 1_000_000])
def test_content_is_what_the_plan_saw_or_is_refused(file: Path, cache: Path, size: int) -> None:
    file.write_bytes(b"a" * size)
    (upload,) = read_uploads([(file, "a.md")], cache)
    asyncio.run(require_unchanged(upload))
    for changed in (b"b" * size, b"a" * (size + 1)) if size else (b"a",):
        file.write_bytes(changed)
        with pytest.raises(PlanStale, match=r"a\.md changed"):
            asyncio.run(require_unchanged(upload))
    file.unlink()
    with pytest.raises(PlanStale, match=r"a\.md changed"):
        asyncio.run(require_unchanged(upload))
