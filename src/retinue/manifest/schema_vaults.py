"""The JSON Schema of vaults and their credentials."""

from __future__ import annotations

from typing import Final

from retinue.manifest.schema_parts import (
    HOST,
    HOST_MEANS,
    HTTPS,
    HTTPS_MEANS,
    VARIABLE,
    VARIABLE_MEANS,
    Schema,
    choice,
    lifecycle,
    listing,
    mapping,
    metadata,
    reference,
    secret,
    text,
    when_type,
)

MAX_HOSTS: Final = 16
MAX_NAME_BYTES: Final = 256

VAULT_FIELDS: Final = ("name", "metadata")
"""The keys of vaults and credentials that are plain values on the platform."""

CREDENTIAL_TYPES: Final = ("static_bearer", "mcp_oauth", "environment_variable")

_BESIDE: Final = ("name", "vault", "metadata", "lifecycle")


def vault() -> Schema:
    """A vault for credentials."""
    properties = {"name": _name(), "metadata": metadata(), "lifecycle": lifecycle(*VAULT_FIELDS)}
    return mapping("A vault: credentials that sessions of agents may use", properties)


def credential() -> Schema:
    """A credential in a vault."""
    bearer = {"mcp_server_url": _url("The MCP server"), "token": secret("The token")}
    oauth = {
        "mcp_server_url": _url("The MCP server"),
        "access_token": secret("The access token"),
        "expires_at": text("When it expires, e.g. 2027-01-01T00:00:00Z", minLength=1),
        "refresh": _refresh(),
    }
    variable = {
        "secret_name": text(
            "The environment variable that stands for it",
            pattern=VARIABLE,
            **{"x-means": VARIABLE_MEANS},
        ),
        "secret_value": secret("What requests carry in its place"),
        "networking": _networking(),
    }
    return {
        "type": "object",
        "description": "A credential in a vault",
        "properties": {
            "name": _name(),
            "vault": reference("A name from vaults, or an ID", id_example="vault_abc123"),
            "type": choice("The type of credential", *CREDENTIAL_TYPES),
            "metadata": metadata(),
            "lifecycle": lifecycle("auth", *VAULT_FIELDS),
        },
        "required": ["vault", "type"],
        "allOf": [
            _when("static_bearer", bearer, ("mcp_server_url", "token")),
            _when("mcp_oauth", oauth, ("mcp_server_url", "access_token")),
            _when("environment_variable", variable, tuple(variable)),
        ],
    }


def _when(kind: str, properties: Schema, required: tuple[str, ...]) -> Schema:
    return when_type(kind, properties, required=required, beside=_BESIDE)


def _name() -> Schema:
    return text("Shown on the platform; default: the key", minLength=1, maxLength=MAX_NAME_BYTES)


def _url(description: str) -> Schema:
    return text(description, pattern=HTTPS, **{"x-means": HTTPS_MEANS})


def _refresh() -> Schema:
    properties = {
        "token_endpoint": _url("Where new access tokens come from"),
        "client_id": text("The OAuth client", minLength=1),
        "refresh_token": secret("The refresh token"),
        "token_endpoint_auth": _endpoint_auth(),
        "scope": text("The scopes to ask for, with blanks between them", minLength=1),
        "resource": text("The resource to ask for", minLength=1),
    }
    needed = ("token_endpoint", "client_id", "refresh_token", "token_endpoint_auth")
    return mapping("How the access token is renewed", properties, required=needed)


def _endpoint_auth() -> Schema:
    client = {"client_secret": secret("The client's secret")}
    kinds = ("none", "client_secret_basic", "client_secret_post")
    return {
        "type": "object",
        "description": "How the client says who it is",
        "properties": {"type": choice("The way", *kinds)},
        "required": ["type"],
        "allOf": [
            when_type("none", {}),
            *(when_type(kind, client, required=("client_secret",)) for kind in kinds[1:]),
        ],
    }


def _networking() -> Schema:
    host = text("A host, or an IPv4 address", pattern=HOST, maxLength=253)
    hosts = listing(
        "The only hosts that get it",
        {**host, "x-means": HOST_MEANS},
        minItems=1,
        maxItems=MAX_HOSTS,
        uniqueItems=True,
    )
    return {
        "type": "object",
        "description": "Which hosts the secret may be sent to",
        "properties": {"type": choice("limited, or whatever can be reached", *_NETWORKING)},
        "required": ["type"],
        "allOf": [
            when_type("unrestricted", {}),
            when_type("limited", {"allowed_hosts": hosts}, required=("allowed_hosts",)),
        ],
    }


_NETWORKING: Final = ("unrestricted", "limited")
