"""How a platform is named in states, plans and messages."""

from __future__ import annotations

import pytest

from retinue.platform.connect import OPENAI_URL, Remote, name_of


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        (None, OPENAI_URL),
        ("http://127.0.0.1:8300/v1/", "http://127.0.0.1:8300/v1"),
        ("https://user:secret@gateway.example/v1", "https://gateway.example/v1"),
        ("https://gateway.example/a@b/v1", "https://gateway.example/a@b/v1"),
    ],
)
def test_a_server_goes_by_its_address_without_a_password(base_url: str | None, name: str) -> None:
    assert name_of(Remote(base_url=base_url, api_key="key")) == name
