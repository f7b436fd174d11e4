"""Writing atomically."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from retinue.state.files import write_atomically


def test_it_makes_folders_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    write_atomically(path, "eins\nzwei ü\n")
    assert path.read_bytes() == "eins\nzwei ü\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_it_replaces_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, "long " * 1000)
    write_atomically(path, "short")
    assert path.read_text() == "short"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_cannot_be_put_in_place_leaves_the_old_and_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    (path / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match=r".+"):
        write_atomically(path, "new")
    assert os.listdir(tmp_path) == ["a.json"]  # noqa: PTH208 - names only
    assert path.is_dir()
