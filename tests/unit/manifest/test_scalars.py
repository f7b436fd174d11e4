from __future__ import annotations

import pytest

from retinue.manifest.scalars import UnfitNumber, resolve


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "NO",
        "on",
        "off",
        "yes",
        "y",
        "n",
        "0123",
        "-012",
        "00",
        "12:30",
        "1:2:3",
        "2024-01-01",
        "2024-01-01T10:00:00Z",
        "1_000",
        "0b11",
        "+",
        "-",
        ".",
        "1.2.3",
        "0x",
        "0o8",
        "1e",
        "tRue",
        "nUll",
        "infinity",
        "NaN",
        "0123.5",
        "+.",
    ],
)
def test_surprises_stay_text(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("0", 0),
        ("-0", 0),
        ("+7", 7),
        ("-12", -12),
        ("0o17", 15),
        ("0xfF", 255),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5e-3", -0.0015),
        ("1E5", 100000.0),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_the_core_schema(text: str, value: object) -> None:
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", [".inf", "-.INF", ".nan", "1e999", "9" * 5000, "9223372036854775808"]
)
def test_numbers_that_cannot_be_carried(text: str) -> None:
    with pytest.raises(UnfitNumber):
        resolve(text)
