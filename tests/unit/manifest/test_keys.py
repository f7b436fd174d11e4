"""Texts that look like keys: told, taken out and masked; what only resembles one is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.manifest.keys import REDACTED, holds_key, key_at, keys_in, masked, redacted
from retinue.manifest.model import Json
from retinue.manifest.wording import shown

# In pieces, so that no scanner takes them for keys.
SOME = "abcdefghijklmnopqrstuvwxyz0123456789"
KEYS = (
    "sk-" + SOME,
    "sk-" + "proj-" + SOME,
    "sk-" + "ant-api03-" + SOME,
    "sk_" + "live_" + SOME,
    "rk_" + "test_" + SOME,
    "ghp" + "_" + SOME,
    "github" + "_pat_" + SOME,
    "glpat" + "-" + SOME,
    "xox" + "b-" + SOME,
    "AKIA" + SOME[-4:].upper() + SOME[:12].upper(),
    "AIza" + SOME,
    "hf" + "_" + SOME,
    "npm" + "_" + SOME,
    "eyJ" + SOME + ".eyJ" + SOME + "." + SOME,
    "Bearer " + SOME,
    "bearer  " + SOME + "==",
    "-----BEGIN " + "PRIVATE KEY-----\nabc\n-----END " + "PRIVATE KEY-----",
    "-----BEGIN " + "OPENSSH PRIVATE KEY-----\nabc",
)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_told_and_never_shown(key: str) -> None:
    text = f"use {key}"
    assert key_at(text) == 4
    assert redacted(text) == f"use {REDACTED}"
    assert masked(text) == f"use {'•' * len(key)}"
    assert key[12:] not in shown(text)


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        ("https://{}@host.example/mcp", "user:" + SOME),
        ("postgres://{}@db.example:5432/school", "school:" + "hunter22"),
        ("redis://{}@cache.example", ":" + SOME[:8]),
        ("git clone https://{}@git.example/a.git now", "oauth2:" + SOME),
    ],
)
def test_the_password_of_an_address_is_one(url: str, hidden: str) -> None:
    text = url.format(hidden)
    assert key_at(text) == url.index("{")
    assert redacted(text) == url.format(REDACTED)
    assert masked(text) == url.format("•" * len(hidden))
    assert not holds_key(redacted(text))


@pytest.mark.parametrize(
    "text",
    [
        "https://host.example:8080/a@b",
        "https://user@host.example",
        "https://user:${var:password}@host.example",
        "https://user:$PASSWORD@host.example",
        "https://<user>:<password>@host.example",
        "https://user:{password}@host.example",
        "https://user:password@host.example",
        "https://user:PASSWORD@host.example",
        "https://user:pass@host.example",
        "https://user:****@host.example",
        "https://user:…@host.example",
        "see https://host.example, or write to: help@host.example",
        "https://a.example/x?when=10:30&to=me@host.example",
        "",
        "sk-your-openai-api-key-here",
        "sk-short1",
        "task-0123456789abcdefghij",
        "pk_" + "live_" + SOME,  # public by design
        "the bearer of this letter may enter the building",
        "Bearer token-goes-here-please-write-it",
        "-----BEGIN PUBLIC KEY-----",
        "eyJhbGciOi",
    ],
)
def test_what_only_resembles_one_is_left_alone(text: str) -> None:
    assert not holds_key(text)
    assert redacted(text) == masked(text) == text


@given(st.text() | st.sampled_from(KEYS), st.text(alphabet=" \n.,;'\"/=", max_size=3))
def test_a_mask_is_as_long_as_the_text(text: str, more: str) -> None:
    assert len(masked(f"{more}{text}{more}")) == len(text) + 2 * len(more)
    assert not holds_key(redacted(f"{more}{text}{more}"))


def test_where_they_are_in_a_document() -> None:
    value: Json = {"a": ["x", KEYS[0]], "b": {"c": f"{KEYS[1]}!"}, "d": 5}
    assert list(keys_in(value)) == [("a", 1), ("b", "c")]
