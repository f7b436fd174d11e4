from __future__ import annotations

import pytest

from retinue.manifest.source import parse
from retinue.manifest.writer import to_yaml


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("text", ["{}", "a{}b", "a{}b\nc\n", " {} "])
def test_line_ends_that_only_some_readers_know_read_back(text: str, odd: str) -> None:
    document = {text.format(odd): text.format(odd)}
    assert parse(to_yaml(document), "team.yaml").value == document
