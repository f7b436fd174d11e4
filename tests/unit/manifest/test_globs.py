from __future__ import annotations

import re
from pathlib import Path

import pytest

from retinue.manifest.globs import Globber, translate
from retinue.manifest.paths import Locator


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.md", ["a.md", ".md"], ["a/b.md", "a.mdx"]),
        ("**/*.md", ["a.md", "a/b.md", "a/b/c.md"], ["a.txt"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b/a"]),
        ("a/**/z", ["a/z", "a/b/c/z"], ["a/bz"]),
        ("?.[ch]", ["a.c", "b.h"], ["a.o", "ab.c", "/.c"]),
        ("[!a].x", ["b.x"], ["a.x", "/.x"]),
        ("[]].x", ["].x"], ["a.x"]),
        ("a.(b)+", ["a.(b)+"], ["a.bb", "aXb"]),
        ("[a-c&&d].x", ["b.x", "&.x", "d.x"], ["e.x"]),
    ],
)
def test_patterns(pattern: str, yes: list[str], no: list[str]) -> None:
    regex = re.compile(translate(pattern))
    assert [path for path in [*yes, *no] if regex.fullmatch(path)] == yes


def test_files_come_sorted_and_visible(tmp_path: Path) -> None:
    for name in ("b/2.md", "b/10.md", "a.md", ".retinue/x.md", "b/.git/y.md", "b/.z.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    globber = Globber(Locator(tmp_path))
    found = globber.files(str(tmp_path / "b"), "../**/*.md")
    assert [each.shown for each in found] == ["a.md", "b/10.md", "b/2.md"]


def test_all_files_below_a_folder_but_some(tmp_path: Path) -> None:
    for name in ("s/b.py", "s/a/c.py", "s/a/c.pyc", "s/.hidden", "s/a[1].md", "other.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    locator = Locator(tmp_path)
    folder = locator.folder(str(tmp_path), "s")
    found = Globber(locator).below(folder, ("**/*.pyc", "b.*"))
    assert [each.shown for each in found] == ["s/a/c.py", "s/a[1].md"]


def test_linked_folders_are_not_entered(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").touch()
    (tmp_path / "docs" / "loop").symlink_to(tmp_path / "docs")
    globber = Globber(Locator(tmp_path))
    assert [each.shown for each in globber.files(str(tmp_path), "**/*.md")] == ["docs/a.md"]
