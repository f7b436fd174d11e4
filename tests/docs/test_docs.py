"""The documentation says what the code does: nothing is missing, nothing is left over."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from tests.docs.generated import DOCS, PARTS, commands, pages, parts_of, rewritten

from retinue.errors import RetinueError
from retinue.manifest.codes import CODES
from retinue.render.schema_events import events_schema

ROOT = DOCS.parent
ANEW = "write the made parts of the documentation anew: python -m tests.docs.generated"

CODE = re.compile(r"RTN(?:-[A-Z]+)+(?![A-Z{-])")
TEMPLATE = re.compile(r"RTN-[A-Z-]*\{[^}]*\}[A-Z-]*")


def every_page() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *pages()]


def source_texts() -> list[str]:
    return [path.read_text("utf-8") for path in sorted((ROOT / "src").rglob("*.py"))]


def error_codes() -> set[str]:
    """The codes of every class in the tree of errors."""
    classes: list[type[RetinueError]] = [RetinueError]
    for found in classes:
        classes.extend(found.__subclasses__())
    return {found.code for found in classes}


def codes_in(texts: list[str]) -> set[str]:
    return {code for text in texts for code in CODE.findall(text)}


def slug(heading: str) -> str:
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def code_blocks(page: Path, language: str) -> list[str]:
    pattern = rf"^```{language}\n(.*?)^```$"
    return re.findall(pattern, page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_what_is_made_from_the_code_is_up_to_date(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == rewritten(text), ANEW


def test_every_part_is_on_some_page() -> None:
    used = [name for page in pages() for name in parts_of(page.read_text("utf-8"))]
    assert sorted(used) == sorted(PARTS)


def test_every_command_and_option_is_documented() -> None:
    page = (DOCS / "commands.md").read_text("utf-8")
    missing = [
        f"{name} {flag}"
        for name, command in commands()
        for flag in (flag for param in command.params for flag in param.opts)
        if flag.startswith("-") and flag not in section_of(page, name)
    ]
    missing += [name for name, _ in commands() if not section_of(page, name)]
    assert missing == [], ANEW


def section_of(page: str, command: str) -> str:
    """The section of the reference about one command; empty where there is none."""
    return page.partition(f"\n### {command}\n")[2].partition("\n### ")[0]


class TestCodes:
    page = (DOCS / "errors.md").read_text("utf-8")

    def test_every_code_in_the_source_is_documented(self) -> None:
        known = codes_in(source_texts()) | error_codes() | set(CODES)
        assert sorted(known - codes_in([self.page])) == []

    def test_every_documented_code_is_in_the_source(self) -> None:
        known = codes_in(source_texts()) | error_codes() | set(CODES)
        templates = {found for text in source_texts() for found in TEMPLATE.findall(text)}
        patterns = [re.sub(r"\\{.*\\}", "[A-Z]+", re.escape(found)) for found in templates]
        left = sorted(codes_in([self.page]) - known)
        assert [code for code in left if not any(re.fullmatch(p, code) for p in patterns)] == []

    def test_every_exit_code_is_the_one_that_the_class_has(self) -> None:
        rows = dict(re.findall(r"^\| `(RTN-[A-Z-]+)` \| (\d+) \|", self.page, re.MULTILINE))
        classes: list[type[RetinueError]] = [RetinueError]
        for found in classes:
            classes.extend(found.__subclasses__())
        assert {found.code: str(found.exit_code) for found in classes}.items() <= rows.items()


@pytest.mark.parametrize("page", every_page(), ids=lambda page: page.name)
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, target


@pytest.mark.parametrize("page", every_page(), ids=lambda page: page.name)
def test_examples_in_yaml_and_json_parse(page: Path) -> None:
    for block in code_blocks(page, "yaml"):
        assert yaml.safe_load(block) is not None
    for block in code_blocks(page, "json"):
        json.loads(block)


def test_every_page_is_reached_from_the_readme() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert [page.name for page in pages() if f"docs/{page.name}" not in text] == []


def test_the_readme_and_the_reference_agree_on_exit_codes() -> None:
    def codes(page: Path) -> set[str]:
        return set(re.findall(r"^\| (\d+) \|", page.read_text("utf-8"), re.MULTILINE))

    assert codes(ROOT / "README.md") == codes(DOCS / "commands.md")


def test_every_type_of_event_is_documented() -> None:
    types = events_schema()["properties"]["type"]["enum"]
    page = (DOCS / "json.md").read_text("utf-8")
    assert [name for name in types if f"`{name}`" not in page] == []
