from __future__ import annotations

import os
from pathlib import Path

import pytest

from retinue.manifest.paths import BadPath, Locator


def code_of(locator: Locator, folder: Path, written: str) -> str:
    with pytest.raises(BadPath) as caught:
        locator.file(str(folder), written)
    return caught.value.code


def test_a_file_is_relative_to_the_folder_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").touch()
    located = Locator(tmp_path).file(str(tmp_path / "team"), "../docs/./a.md")
    assert (located.path, located.shown) == (str(tmp_path / "docs" / "a.md"), "docs/a.md")


@pytest.mark.parametrize("written", ["/x", "C:\\x", "C:x", "\\\\host\\x", "..", "a/../../x", "x\0"])
def test_nothing_outside_is_reached(tmp_path: Path, written: str) -> None:
    assert code_of(Locator(tmp_path), tmp_path, written) == "PATH-OUTSIDE"


def test_a_neighbour_whose_name_starts_alike_is_outside(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project-2").mkdir()
    (tmp_path / "project-2" / "x").touch()
    root = tmp_path / "project"
    assert code_of(Locator(root), root, "../project-2/x") == "PATH-OUTSIDE"


def test_links_inside_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "b.txt").symlink_to("a.txt")
    assert Locator(tmp_path).file(str(tmp_path), "b.txt").shown == "b.txt"


def test_a_broken_link_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "b.txt").symlink_to("none")
    assert code_of(Locator(tmp_path), tmp_path, "b.txt") == "PATH-MISSING"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("nope.md", "make it, or correct the path"),
        ("huose.md", "did you mean 'house.md'?"),
        ("c.txt", "did you mean 'c.md'?"),
    ],
)
def test_a_neighbour_is_guessed_by_its_name(tmp_path: Path, written: str, hint: str) -> None:
    for name in ("house.md", "c.md"):
        (tmp_path / name).write_text("x")
    with pytest.raises(BadPath) as caught:
        Locator(tmp_path).file(str(tmp_path), written)
    assert caught.value.hint == hint


def test_a_folder_is_found_like_a_file(tmp_path: Path) -> None:
    (tmp_path / "skills" / "a").mkdir(parents=True)
    assert Locator(tmp_path).folder(str(tmp_path / "skills"), "a/").shown == "skills/a"


@pytest.mark.parametrize(
    ("written", "code", "hint"),
    [
        ("none", "PATH-MISSING", "did you mean 'nine'?"),
        ("skills/nine", "PATH-MISSING", "relative to the file that names them: write nine"),
        ("a.txt", "PATH-KIND", "name the folder that holds it"),
        ("../..", "PATH-OUTSIDE", "keep files inside"),
        ("out", "PATH-OUTSIDE", "copy the file"),
    ],
)
def test_what_is_no_folder_inside(tmp_path: Path, written: str, code: str, hint: str) -> None:
    here = tmp_path / "project" / "skills"
    (here / "nine").mkdir(parents=True)
    (here / "a.txt").touch()
    (here / "out").symlink_to(tmp_path)
    with pytest.raises(BadPath) as caught:
        Locator(tmp_path / "project").folder(str(here), written)
    assert caught.value.code == code
    assert hint in (caught.value.hint or "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert code_of(Locator(tmp_path), tmp_path, "pipe") == "PATH-KIND"
