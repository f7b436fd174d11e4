from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.manifest.test_load import loaded

from retinue.errors import ManifestError
from retinue.manifest.interpolate import Scope, interpolate
from retinue.manifest.secret import is_slot
from retinue.manifest.source import parse
from retinue.problem import KeyPath

SCOPE = Scope({"a": "1"}, secret_at=is_slot)
CREDENTIAL = "vault: {{id: vault_1}}, type: {}, mcp_server_url: 'https://a.example'"


def variable(text: str) -> tuple[object, list[str]]:
    """A variable of an environment after interpolation, and the codes of what is wrong."""
    document = parse(f"environments: {{a: {{variables: {{X: '{text}'}}}}}}", "a.yaml")
    found = interpolate(document, SCOPE)
    value: object = found.value
    for step in ("environments", "a", "variables", "X"):
        assert isinstance(value, dict)
        value = value[step]
    return value, [problem.code for problem in found.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${env:KEY}", {"env": "KEY"}),
        ("${env:_k9}", {"env": "_k9"}),
        ("$${env:KEY}", "${env:KEY}"),
        ("x$${env:KEY}", "x${env:KEY}"),
        ("${var:a}", "1"),
        ("plain", "plain"),
    ],
)
def test_a_reference_is_kept_and_texts_are_texts(text: str, value: object) -> None:
    assert variable(text) == (value, [])


@pytest.mark.parametrize(
    "text", ["Bearer ${env:KEY}", "${env:KEY} ", "${env:A}${env:B}", "${env:}", "${env:9}"]
)
def test_a_part_of_a_text_is_no_secret(text: str) -> None:
    value, codes = variable(text)
    assert value == text
    assert set(codes) == {"RTN-MANIFEST-SECRET"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("environments", "a", "variables", "X"), True),
        (("credentials", "a", "token"), True),
        (("credentials", "a", "refresh", "token_endpoint_auth", "client_secret"), True),
        (("credentials", "a", "name"), False),
        (("credentials", "a", "metadata", "token"), False),
        (("environments", "a", "name"), False),
        (("assistants", "a", "token"), False),
        (("environments", "a", "variables", "X", "command", 0), False),
        ((), False),
    ],
)
def test_only_slots_are_slots(path: KeyPath, expected: object) -> None:
    assert is_slot(path) is expected


VALUES = st.text("abcXYZ0189-_.:{}$ ", min_size=8, max_size=30).map(lambda text: f"s3cr3t{text}")


@given(VALUES, st.booleans())
def test_a_secret_that_is_written_down_is_never_shown(
    tmp_path_factory: pytest.TempPathFactory,
    value: str,
    listed: bool,  # noqa: FBT001
) -> None:
    written = "'" + value.replace("'", "''") + "'"
    token = f"[{written}]" if listed else written
    text = f"credentials: {{a: {{{CREDENTIAL.format('static_bearer')}, token: {token}}}}}"
    with pytest.raises(ManifestError) as caught:
        loaded(tmp_path_factory.mktemp("p"), text)
    for problem in caught.value.problems:
        if "${" not in value:  # what looks like an interpolation is named by what it asks for
            assert "s3cr3t" not in f"{problem.message} {problem.hint}"


def test_of_an_unknown_type_the_secret_is_refused_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        loaded(tmp_path, f"credentials: {{a: {{{CREDENTIAL.format('bearer')}, token: s3cr3t}}}}")
    assert [problem.code for problem in caught.value.problems] == [
        "RTN-MANIFEST-VALUE",
        "RTN-MANIFEST-SECRET",
    ]
    assert not any("s3cr3t" in problem.message for problem in caught.value.problems)
