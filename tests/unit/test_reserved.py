"""Names that the platform keeps to itself: the same for manifests and for the embedded platform."""

from __future__ import annotations

import re

import pytest

from retinue import reserved
from retinue.local.refusals import Refusal
from retinue.local.vaults import fields
from retinue.manifest.schema import manifest_schema


@pytest.mark.parametrize(
    "name", ["CODEX_", "CODEX_HOME", "HTTPS_PROXY", "no_proxy", "SSL_CERT_DIR", "CURL_CA_BUNDLE"]
)
def test_a_placeholder_can_have_none_of_them(name: str) -> None:
    assert re.fullmatch(reserved.PLACEHOLDER, name)
    with pytest.raises(Refusal, match="own"):
        fields._secret_name(name, "auth.secret_name")


@pytest.mark.parametrize("name", ["PATH", "codex_home", "MY_PROXY", "HTTPS_PROXY_", "X"])
def test_but_all_others(name: str) -> None:
    assert not re.fullmatch(reserved.PLACEHOLDER, name)
    assert fields._secret_name(name, "auth.secret_name") == name


def test_variables_of_environments_are_those_of_the_schema() -> None:
    environment = manifest_schema()["properties"]["environments"]["additionalProperties"]
    variables = environment["properties"]["variables"]
    (pattern,) = variables["patternProperties"]
    assert re.match(pattern, "PATH")
    assert pattern == f"^({reserved.VARIABLE})$"
