"""Zips that lie about themselves in fields which chance alone hardly ever hits."""

from __future__ import annotations

import io
import random
import struct
import zipfile

import openai
import pytest
from tests.unit.local.test_local_skills import read_zip

from retinue.local.refusals import Refusal

SKILL = "---\nname: latex\ndescription: Sets formulas.\n---\n"


def zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text)
    return buffer.getvalue()


def directory_of(archive: bytes) -> tuple[bytes, bytearray, bytearray]:
    """What precedes the directory, its one entry, and the end of the archive."""
    entry, end = archive.rindex(b"PK\1\2"), archive.rindex(b"PK\5\6")
    return archive[:entry], bytearray(archive[entry:end]), bytearray(archive[end:])


def joined(files: bytes, entry: bytearray, end: bytearray) -> bytes:
    end[12:16] = struct.pack("<L", len(entry))
    return bytes(files + entry + end)


def pointing_to(offset: int) -> bytes:
    """An entry of 64 bits says that its file begins at ``offset``."""
    files, entry, end = directory_of(zipped("SKILL.md", SKILL))
    entry += struct.pack("<HHQ", 1, 8, offset)
    entry[30:32] = struct.pack("<H", 12)
    entry[42:46] = b"\xff" * 4
    return joined(files, entry, end)


def nameless() -> bytes:
    """A file has no name at all."""
    files, entry, end = directory_of(zipped("x", ""))
    entry[28:30] = bytes(2)
    del entry[46]
    return joined(files, entry, end)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "archive",
    [pointing_to(2**63 - 1), pointing_to(2**63), pointing_to(2**64 - 1), nameless()],
    ids=["far", "farther", "farthest", "nameless"],
)
async def test_an_archive_that_lies_is_refused(sdk: openai.AsyncOpenAI, archive: bytes) -> None:
    with pytest.raises(openai.BadRequestError, match="not a zip archive"):
        await sdk.skills.create(files=("skill.zip", archive))


def test_an_archive_that_points_to_its_file_is_fine() -> None:
    assert read_zip(pointing_to(0)).name == "latex"


def test_a_broken_directory_ends_in_a_refusal() -> None:
    """Bytes of the directory are hit alone: there are the lengths, offsets and flags."""
    sound = pointing_to(0)
    first, chance, refused = sound.rindex(b"PK\1\2"), random.Random(7), 0  # noqa: S311 - no secret
    for _ in range(4000):
        broken = bytearray(sound)
        for _ in range(chance.choice([1, 2, 4])):
            broken[chance.randrange(first, len(broken))] = chance.choice([0, 1, 127, 128, 255])
        try:
            read_zip(bytes(broken))
        except Refusal:
            refused += 1
    assert refused > 1000
