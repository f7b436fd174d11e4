"""/skills: bundles in, versions kept, zips out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import httpx2
import openai
import pytest

pytestmark = pytest.mark.anyio

SKILL = "---\nname: latex\ndescription: Sets formulas.\n---\nUse amsmath.\n"
FILES = {"latex/SKILL.md": SKILL, "latex/macros/all.tex": "\\newcommand"}


def parts(files: Mapping[str, str]) -> list[tuple[str, bytes]]:
    return [(name, text.encode()) for name, text in files.items()]


def zipped(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def contents(archive: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


async def test_a_folder_and_its_zip_are_the_same_skill(sdk: openai.AsyncOpenAI) -> None:
    folder = await sdk.skills.create(files=parts(FILES))
    archive = await sdk.skills.create(files=("latex.zip", zipped(FILES)))
    for skill in (folder, archive):
        assert (skill.name, skill.description) == ("latex", "Sets formulas.")
        assert (skill.default_version, skill.latest_version) == ("1", "1")
        served = await sdk.skills.content.retrieve(skill.id)
        assert contents(await served.aread()) == FILES


async def test_a_skill_of_a_hundred_files(sdk: openai.AsyncOpenAI) -> None:
    files = {**FILES, **{f"latex/{number}.tex": str(number) for number in range(100)}}
    skill = await sdk.skills.create(files=parts(files))
    served = await sdk.skills.versions.content.retrieve("1", skill_id=skill.id)
    assert contents(await served.aread()) == files


async def test_versions_never_change_and_one_of_them_is_the_default(
    sdk: openai.AsyncOpenAI,
) -> None:
    skill = await sdk.skills.create(files=parts(FILES))
    other = {**FILES, "latex/SKILL.md": SKILL.replace("Sets", "Writes")}
    second = await sdk.skills.versions.create(skill.id, files=parts(other))
    assert (second.version, second.description) == ("2", "Writes formulas.")
    still = await sdk.skills.retrieve(skill.id)
    assert (still.default_version, still.latest_version) == ("1", "2")
    assert still.description == "Sets formulas."
    chosen = await sdk.skills.update(skill.id, default_version="2")
    assert (chosen.default_version, chosen.description) == ("2", "Writes formulas.")
    third = await sdk.skills.versions.create(skill.id, files=parts(FILES), default=True)
    assert (await sdk.skills.retrieve(skill.id)).default_version == third.version == "3"
    first = await sdk.skills.versions.retrieve("1", skill_id=skill.id)
    assert first.description == "Sets formulas."
    latest = await sdk.skills.versions.retrieve("latest", skill_id=skill.id)
    assert latest.id == third.id


async def test_the_number_of_a_deleted_version_is_not_given_again(
    sdk: openai.AsyncOpenAI,
) -> None:
    skill = await sdk.skills.create(files=parts(FILES))
    await sdk.skills.versions.create(skill.id, files=parts(FILES))
    gone = await sdk.skills.versions.delete("2", skill_id=skill.id)
    assert (gone.deleted, gone.version) == (True, "2")
    assert (await sdk.skills.retrieve(skill.id)).latest_version == "1"
    assert (await sdk.skills.versions.create(skill.id, files=parts(FILES))).version == "3"
    with pytest.raises(openai.BadRequestError, match="this is the default version"):
        await sdk.skills.versions.delete("1", skill_id=skill.id)
    listed = [version.version async for version in sdk.skills.versions.list(skill.id)]
    assert listed == ["3", "1"]


async def test_skills_are_listed_in_pages_and_deleted_whole(sdk: openai.AsyncOpenAI) -> None:
    made = [(await sdk.skills.create(files=parts(FILES))).id for _ in range(5)]
    assert [skill.id async for skill in sdk.skills.list(limit=2)] == made[::-1]
    assert [skill.id async for skill in sdk.skills.list(limit=2, order="asc")] == made
    gone = await sdk.skills.delete(made[0])
    assert (gone.id, gone.deleted) == (made[0], True)
    for work in (sdk.skills.retrieve(made[0]), sdk.skills.versions.retrieve("1", skill_id=made[0])):
        with pytest.raises(openai.NotFoundError):
            await work


WITHOUT_NAME = "---\ndescription: d\n---\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.md": "x"}, "there is no SKILL.md"),
        ({"a/SKILL.md": SKILL, "b/x.md": "x"}, "there is no SKILL.md"),
        ({"SKILL.md": "no front matter"}, "name and description between two ---"),
        ({"SKILL.md": "---\nname: a\n"}, "name and description between two ---"),
        ({"SKILL.md": "---\n[: -\n---\n"}, "is not YAML"),
        ({"SKILL.md": WITHOUT_NAME}, "files.name"),
        ({"SKILL.md": "---\nname: a\n---\n"}, "files.description"),
        ({"SKILL.md": "---\nname: 3\ndescription: d\n---\n"}, "files.name"),
        ({"SKILL.md": SKILL, "../x": "x"}, "not a path inside of the skill"),
        ({"SKILL.md": SKILL, "/etc/x": "x"}, "not a path inside of the skill"),
    ],
)
async def test_what_is_no_skill_is_refused(
    sdk: openai.AsyncOpenAI, files: dict[str, str], message: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=message):
        await sdk.skills.create(files=("skill.zip", zipped(files)))
    assert [skill async for skill in sdk.skills.list()] == []


@pytest.mark.parametrize("archive", [b"", b"PK\x03\x04nonsense", zipped({})])
async def test_what_is_no_zip_is_refused(sdk: openai.AsyncOpenAI, archive: bytes) -> None:
    with pytest.raises(openai.BadRequestError):
        await sdk.skills.create(files=("skill.zip", archive))


async def test_a_zip_that_grows_is_not_unpacked(sdk: openai.AsyncOpenAI) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("SKILL.md", SKILL)
        archive.writestr("zeros", bytes(60 * 1024 * 1024))
    assert len(buffer.getvalue()) < 1024 * 1024
    with pytest.raises(openai.BadRequestError, match="a skill has at most"):
        await sdk.skills.create(files=("skill.zip", buffer.getvalue()))


async def test_forms_that_say_something_else_are_refused(http: httpx2.AsyncClient) -> None:
    async def sent(**more: Any) -> str:
        answer = await http.post("/skills", **more)
        assert answer.status_code == 400
        return str(answer.json()["error"]["message"])

    files = {"files": ("SKILL.md", SKILL.encode())}
    assert "color" in await sent(files=files, data={"color": "red"})
    assert "other" in await sent(files={"other": ("SKILL.md", SKILL.encode())})
    assert "files" in await sent(files={"files": (None, b"no file")})


@pytest.mark.parametrize("version", ["0", "2", "x", "-1", "99999999999999999999"])
async def test_a_version_that_does_not_exist(sdk: openai.AsyncOpenAI, version: str) -> None:
    skill = await sdk.skills.create(files=parts(FILES))
    with pytest.raises(openai.NotFoundError):
        await sdk.skills.versions.retrieve(version, skill_id=skill.id)
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        await sdk.skills.update(skill.id, default_version=version)
