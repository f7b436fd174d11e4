"""Addresses and patterns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.address import Address, matches, select
from retinue.errors import UsageError

KNOWN = [Address.parse(text) for text in ("assistant.tutor", "assistant.coach", "file.docs/a.md")]


@given(
    st.from_regex(r"\A[a-z_]{1,12}\Z"),
    st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.\-/ äöü]{0,30}\Z"),
)
def test_what_is_shown_is_read(kind: str, name: str) -> None:
    address = Address(kind, name)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["", "assistant", "assistant.", ".tutor", "Assistant.tutor", "assistant. x", "a.b*", "a.[b]"]
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address: write kind\.name"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("pattern", "address", "fits"),
    [
        ("assistant.tutor", "assistant.tutor", True),
        ("assistant.*", "assistant.tutor", True),
        ("assistant", "assistant.tutor", True),
        ("*", "file.docs/a.md", True),
        ("file.docs/*.md", "file.docs/a.md", True),
        ("assistant.t?tor", "assistant.tutor", True),
        ("assistant.Tutor", "assistant.tutor", False),
        ("assistant.tut", "assistant.tutor", False),
        ("assist", "assistant.tutor", False),
        ("file", "assistant.file", False),
    ],
)
def test_patterns(pattern: str, address: str, *, fits: bool) -> None:
    assert matches(pattern, Address.parse(address)) is fits


def test_each_address_is_chosen_once_by_the_first_pattern() -> None:
    assert select(["assistant.t*", "assistant"], KNOWN) == {
        Address("assistant", "tutor"): "assistant.t*",
        Address("assistant", "coach"): "assistant",
    }


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("assistant.tuter", "did you mean assistant.tutor"),
        ("tuto", "did you mean assistant.tutor?"),
        ("docs/a.md", "did you mean file.docs/a.md?"),
        ("zzz", "there are: assistant.coach, assistant.tutor, file.docs/a.md"),
    ],
)
def test_a_pattern_that_fits_nothing_is_an_error(pattern: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        select([pattern], KNOWN)
    assert str(caught.value.hint).startswith(hint)


def test_of_many_only_some_are_named() -> None:
    with pytest.raises(UsageError) as caught:
        select(["zzz"], [Address("file", f"a{number:02}") for number in range(20)])
    assert str(caught.value.hint).endswith(", file.a11 and 8 more")


def test_addresses_sort_by_kind_and_name() -> None:
    assert [str(each) for each in sorted(KNOWN)] == [
        "assistant.coach", "assistant.tutor", "file.docs/a.md"]  # fmt: skip
