"""/skills: bundles in, versions kept, zips out."""

from __future__ import annotations

import contextlib
import io
import random
import sqlite3
import tracemalloc
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from retinue.local.refusals import Refusal
from retinue.local.skills.archives import pack, unpacked
from retinue.local.skills.bundle import Words, words_of

pytestmark = pytest.mark.anyio

SKILL = "---\nname: latex\ndescription: Sets formulas.\n---\nUse amsmath.\n"
FILES = {"latex/SKILL.md": SKILL, "latex/macros/all.tex": "\\newcommand"}


def parts(files: Mapping[str, str]) -> list[tuple[str, bytes]]:
    return [(name, text.encode()) for name, text in files.items()]


def zipped(files: Mapping[str, str], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def contents(archive: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def read_zip(archive: bytes) -> Words:
    """What an archive says of its skill, once all of it was read. Raises Refusal."""
    with unpacked(io.BytesIO(archive)) as files:
        words = words_of(files)
        pack(files, io.BytesIO())
    return words


def blobs_in(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        query = "SELECT (SELECT count(*) FROM blobs) + (SELECT count(*) FROM blob_chunks)"
        return int(connection.execute(query).fetchone()[0])


async def test_a_folder_and_its_zip_are_the_same_skill(sdk: openai.AsyncOpenAI) -> None:
    folder = await sdk.skills.create(files=parts(FILES))
    archive = await sdk.skills.create(files=("latex.zip", zipped(FILES)))
    for skill in (folder, archive):
        assert (skill.name, skill.description) == ("latex", "Sets formulas.")
        assert (skill.default_version, skill.latest_version) == ("1", "1")
        served = await sdk.skills.content.retrieve(skill.id)
        assert contents(await served.aread()) == FILES


async def test_a_zip_needs_no_name(sdk: openai.AsyncOpenAI) -> None:
    for archive in (zipped(FILES), io.BytesIO(zipped(FILES))):
        skill = await sdk.skills.create(files=archive)
        served = await sdk.skills.content.retrieve(skill.id)
        assert contents(await served.aread()) == FILES


async def test_a_skill_has_up_to_500_files(sdk: openai.AsyncOpenAI) -> None:
    files = {**FILES, **{f"latex/{number}.tex": str(number) for number in range(498)}}
    skill = await sdk.skills.create(files=parts(files))
    served = await sdk.skills.versions.content.retrieve("1", skill_id=skill.id)
    assert contents(await served.aread()) == files
    more = parts({**files, "latex/one-more.tex": ""})
    archive = zipped({**files, "latex/one-more.tex": ""})
    for sent in (more, ("latex.zip", archive)):
        with pytest.raises(openai.BadRequestError, match="at most 500 files"):
            await sdk.skills.create(files=sent)
    many = parts({str(number): "" for number in range(600)})
    with pytest.raises(openai.BadRequestError, match="more than 508 parts"):
        await sdk.skills.create(files=many)


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


async def test_versions_are_listed_by_number_also_where_the_clock_was_put_back(
    sdk: openai.AsyncOpenAI, clock: Any
) -> None:
    skill = await sdk.skills.create(files=parts(FILES))
    for _ in range(4):
        clock.advance(-3600)
        await sdk.skills.versions.create(skill.id, files=parts(FILES))
    versions = sdk.skills.versions
    assert [each.version async for each in versions.list(skill.id, limit=2)] == list("54321")
    upwards = versions.list(skill.id, limit=2, order="asc")
    assert [each.version async for each in upwards] == list("12345")
    second = await versions.retrieve("2", skill_id=skill.id)
    await versions.delete("2", skill_id=skill.id)
    rest = versions.list(skill.id, order="asc", after=second.id)
    assert [each.version async for each in rest] == list("345")


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


async def test_a_page_of_nothing_is_a_page(http: httpx2.AsyncClient) -> None:
    """The API description allows a limit of 0 for skills and their versions."""
    made = await http.post("/skills", files={"files": ("SKILL.md", SKILL.encode())})
    for path in ("/skills", f"/skills/{made.json()['id']}/versions"):
        answer = (await http.get(path, params={"limit": 0})).json()
        assert (answer["data"], answer["has_more"]) == ([], True)
        assert (await http.get(path, params={"limit": 101})).status_code == 400


async def test_a_large_skill_is_never_held_in_memory(
    http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    chance, folder = random.Random(7), [("files", ("a/SKILL.md", SKILL.encode()))]  # noqa: S311
    with contextlib.ExitStack() as stack:
        for name in ("a/one", "a/two"):
            path = tmp_path / name.replace("/", "-")
            path.write_bytes(b"".join(chance.randbytes(2**20) for _ in range(20)))
            folder.append(("files", (name, stack.enter_context(path.open("rb")))))  # type: ignore[arg-type]
        tracemalloc.start()
        try:
            made = await http.post("/skills", files=folder)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert made.status_code == 200
    assert peak < 16 * 2**20
    served = (await http.get(f"/skills/{made.json()['id']}/content")).content
    with zipfile.ZipFile(io.BytesIO(served)) as archive:
        assert archive.read("a/two") == (tmp_path / "a-two").read_bytes()
    again = await http.post("/skills", files={"files": ("a.zip", served)})
    assert (await http.get(f"/skills/{again.json()['id']}/content")).content == served


async def test_what_arrived_is_gone_once_it_is_packed(
    sdk: openai.AsyncOpenAI, database: Path
) -> None:
    await sdk.skills.create(files=parts(FILES))
    assert blobs_in(database) == 2  # one blob of one chunk
    with pytest.raises(openai.BadRequestError):
        await sdk.skills.create(files=parts({"a.md": "x"}))
    assert blobs_in(database) == 2


async def test_contents_go_when_their_skill_does(sdk: openai.AsyncOpenAI, database: Path) -> None:
    skill = await sdk.skills.create(files=parts(FILES))
    await sdk.skills.versions.create(skill.id, files=parts(FILES))
    await sdk.skills.delete(skill.id)
    assert blobs_in(database) == 0


async def test_a_version_of_no_skill(sdk: openai.AsyncOpenAI, database: Path) -> None:
    with pytest.raises(openai.NotFoundError, match="skill_none"):
        await sdk.skills.versions.create("skill_none", files=parts(FILES))
    assert blobs_in(database) == 0


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
        ({"SKILL.md": "---\nname: ' '\ndescription: d\n---\n"}, "files.name"),
        ({"SKILL.md": "---\nname: 3\ndescription: d\n---\n"}, "files.name"),
        ({"SKILL.md": "---\nname: [a]\ndescription: d\n---\n"}, "files.name"),
        ({"SKILL.md": "---\nname: !!str [a]\ndescription: d\n---\n"}, "files.name"),
        ({"SKILL.md": "---\nname: 2024-13-45\ndescription: d\n---\n"}, "files.name"),
        ({"SKILL.md": "---\nname: !!bool x\ndescription: d\n---\n"}, "files.name"),
        ({"SKILL.md": '---\nname: "\\ud800"\ndescription: d\n---\n'}, "files.name"),
        ({"SKILL.md": f"---\nname: {'n' * 65}\ndescription: d\n---\n"}, "files.name"),
        ({"SKILL.md": f"---\nname: a\ndescription: {'d' * 1025}\n---\n"}, "files.description"),
        ({"SKILL.md": "---\n- name\n---\n"}, "has no name"),
        ({"SKILL.md": f"---\nname: {'[' * 5000}\n---\n"}, "is not YAML"),
        ({"SKILL.md": "---\nname: a\n" + "# more\n" * 10_000 + "---\n"}, "between two ---"),
        ({"SKILL.md": SKILL, "x/SKILL.md/y": "x", "x/SKILL.md": "x"}, "a file and a folder"),
        ({"SKILL.md": SKILL, "./x": "x"}, "not a path inside of the skill"),
        ({"SKILL.md": SKILL, "x//y": "x"}, "not a path inside of the skill"),
        ({"SKILL.md": SKILL, "x\\y": "x"}, "not a path inside of the skill"),
        ({"SKILL.md": SKILL, "../x": "x"}, "not a path inside of the skill"),
        ({"SKILL.md": SKILL, "/etc/x": "x"}, "not a path inside of the skill"),
        ({"SKILL.md": SKILL, "C:/x": "x"}, "not a path inside of the skill"),
    ],
)
async def test_what_is_no_skill_is_refused(
    sdk: openai.AsyncOpenAI, files: dict[str, str], message: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=message):
        await sdk.skills.create(files=("skill.zip", zipped(files)))
    assert [skill async for skill in sdk.skills.list()] == []


def twice() -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")
        for _ in range(2):
            archive.writestr("SKILL.md", SKILL)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"", "not a zip archive"),
        (b"PK\x03\x04nonsense", "not a zip archive"),
        (zipped({}), "no SKILL.md"),
        (zipped(FILES, zipfile.ZIP_BZIP2), "stored or deflated"),
        (twice(), "the same path"),
    ],
    # A zip holds the time at which it was made: as a name it would differ from worker to worker.
    ids=["empty", "nonsense", "no files", "bzip2", "twice"],
)
async def test_what_is_no_zip_is_refused(
    sdk: openai.AsyncOpenAI, archive: bytes, message: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=message):
        await sdk.skills.create(files=("skill.zip", archive))


def test_a_broken_zip_ends_in_a_refusal_however_it_is_broken() -> None:
    sound = zipped({"SKILL.md": SKILL * 20, "a/b": "x" * 3000}, zipfile.ZIP_DEFLATED)
    chance, refused = random.Random(7), 0  # noqa: S311 - no secret
    for _ in range(2000):
        broken = bytearray(sound)
        for _ in range(chance.choice([1, 2, 8])):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            read_zip(bytes(broken))
        except Refusal:
            refused += 1
    assert refused > 1000


async def test_the_same_path_twice_is_refused(sdk: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="two files have the path"):
        await sdk.skills.create(files=parts({"SKILL.md": SKILL}) * 2)


async def test_a_large_file_is_refused(sdk: openai.AsyncOpenAI) -> None:
    large = zipped({"SKILL.md": SKILL, "zeros": "0" * (25 * 1024 * 1024 + 1)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(openai.BadRequestError, match="a file of a skill has at most"):
        await sdk.skills.create(files=("skill.zip", large))


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


async def test_a_default_is_true_or_false(http: httpx2.AsyncClient) -> None:
    files = {"files": ("SKILL.md", SKILL.encode())}
    made = (await http.post("/skills", files=files)).json()["id"]
    path = f"/skills/{made}/versions"
    wrong = await http.post(path, files=files, data={"default": "maybe"})
    alone = await http.post(path, files={"default": (None, b"true")})
    for answer, param in ((wrong, "default"), (alone, "files")):
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == param


async def test_an_upload_without_end_is_cut_off(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retinue.local.skills.form.MOST_BYTES", 10)
    files = {"files": ("SKILL.md", SKILL.encode() + bytes(1024 * 1024))}
    answer = await http.post("/skills", files=files)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "version", ["0", "01", "2", "x", "-1", "latest", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 20]
)
async def test_a_version_that_does_not_exist(sdk: openai.AsyncOpenAI, version: str) -> None:
    skill = await sdk.skills.create(files=parts(FILES))
    versions = sdk.skills.versions
    for request in (versions.retrieve, versions.delete, versions.content.retrieve):
        with pytest.raises(openai.NotFoundError):
            await request(version, skill_id=skill.id)
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        await sdk.skills.update(skill.id, default_version=version)
