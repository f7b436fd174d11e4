"""Names of variables that OpenAI's sandboxes keep to themselves.

Facts that manifests and the embedded platform share. It must import nothing of Retinue, so that
every room can use it, the embedded platform too. Patterns are without look-around, for JSON Schema.
"""

from __future__ import annotations

from typing import Final

VARIABLE: Final = r"PATH|OPENAI_API_KEY|CODEX_.*"
"""What an environment template refuses among its variables. Source: OpenAI's page on hosted
environments of agents."""

PLACEHOLDER: Final = (
    r"CODEX_.*"
    r"|(HTTP|HTTPS|ALL|NO|FTP)_PROXY|(http|https|all|no|ftp)_proxy"
    r"|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|GIT_SSL_CAINFO"
)
"""What can't be the ``secret_name`` of a credential. Source: the types of OpenAI's SDK 3.52
(CredentialAuthCreateParam): "names starting with `CODEX_` and managed proxy or certificate variable
names". It does not list the latter: these are the ones that programs commonly obey."""
