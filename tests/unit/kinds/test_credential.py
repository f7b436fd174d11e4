"""Credentials against the shapes of the SDK: what rotates, what needs a new one, what is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from openai.types.beta.agents.vaults import Credential as SdkCredential
from openai.types.beta.agents.vaults import CredentialAuthRotateParam, CredentialCreateParams
from tests.support import recorder
from tests.support.recorder import (
    PLACES,
    Recorder,
    changed,
    compared,
    created,
    fits,
    listed,
    secret,
    updated,
    wanted,
    write,
)

from retinue.address import Address
from retinue.errors import FamilyGone, NotFound
from retinue.kinds.base import Live, Resource
from retinue.kinds.credential import CredentialAdapter, compile_credential, parts_of
from retinue.kinds.marker import KEY
from retinue.kinds.values import Sealed, leaves
from retinue.manifest.model import Credential, Lifecycle, Secret

MARK = "1/op/demo/default/credential.key"
VAULT = Address("vault", "keys")
LIST = "/vaults/id-of-keys/credentials"
ONE = f"{LIST}/cred_1"

AUTHS: dict[str, dict[str, Any]] = {
    "static_bearer": {
        "type": "static_bearer",
        "mcp_server_url": "https://mcp.example/sse",
        "token": secret("TOKEN"),
    },
    "environment_variable": {
        "type": "environment_variable",
        "secret_name": "SERVICE_KEY",
        "secret_value": secret("VALUE"),
        "networking": {"type": "limited", "allowed_hosts": ["b.example", "a.example"]},
    },
    "mcp_oauth": {
        "type": "mcp_oauth",
        "mcp_server_url": "https://mcp.example/sse",
        "access_token": secret("ACCESS"),
        "expires_at": "2027-01-01T00:00:00Z",
        "refresh": {
            "token_endpoint": "https://login.example/token",
            "client_id": "retinue",
            "refresh_token": secret("REFRESH"),
            "scope": "read",
            "token_endpoint_auth": {
                "type": "client_secret_post",
                "client_secret": secret("CLIENT"),
            },
        },
    },
}

READ: dict[str, dict[str, Any]] = {
    "static_bearer": {"type": "static_bearer", "mcp_server_url": "https://mcp.example/sse"},
    "environment_variable": {
        "type": "environment_variable",
        "secret_name": "SERVICE_KEY",
        "networking": {"type": "limited", "allowed_hosts": ["a.example", "b.example"]},
    },
    "mcp_oauth": {
        "type": "mcp_oauth",
        "mcp_server_url": "https://mcp.example/sse",
        "expires_at": "2026-12-01T00:00:00Z",
        "refresh": {
            "token_endpoint": "https://login.example/token",
            "client_id": "retinue",
            "resource": None,
            "scope": "read",
            "token_endpoint_auth": {"type": "client_secret_post"},
        },
    },
}
"""The same as the platform shows them; of a renewed token it shows when that expires."""


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "cred_1",
        "auth": READ[kind],
        "created_at": 7,
        "metadata": {KEY: MARK},
        "name": "Key",
        "object": "vault.credential",
        "updated_at": 8,
        "vault_id": "id-of-keys",
        **more,
    }


def resource(kind: str, auth: Mapping[str, Any] | None = None, **more: Any) -> Resource:
    credential = Credential(
        address=Address("credential", "key"),
        vault=more.get("vault", VAULT),
        fields={"name": more.get("name", "Key")},
        auth=auth or AUTHS[kind],
        lifecycle=Lifecycle(ignore_changes=more.get("ignore", ())),
        places=PLACES,
    )
    return compile_credential(credential, recorder.context())


def live(kind: str) -> Live:
    read = asyncio.run(CredentialAdapter(Recorder({f"GET {ONE}": item(kind)})).read(ID))
    assert read is not None
    return read


ID = "id-of-keys/cred_1"
KINDS = list(AUTHS)


def with_(kind: str, *path: str, value: Any) -> dict[str, Any]:
    """An auth in which what stands at ``path`` is another."""
    auth = {**AUTHS[kind]}
    inner = auth
    for key in path[:-1]:
        inner[key] = {**inner[key]}
        inner = inner[key]
    inner[path[-1]] = value
    return auth


@pytest.mark.parametrize("kind", KINDS)
def test_a_credential_is_made_with_its_secrets_and_read_without_them(kind: str) -> None:
    api = Recorder({f"POST {LIST}": item(kind)})
    made = created(CredentialAdapter(api), resource(kind))
    (sent,) = api.sent
    assert fits(CredentialCreateParams, sent.body)
    assert fits(SdkCredential, item(kind))
    assert sent.body["auth"]["type"] == kind
    assert "the text of" in str(sent.body["auth"])
    assert sent.body["metadata"] == {KEY: MARK}
    assert made.id == ID
    assert changed(resource(kind), made) == []


def test_every_part_is_where_the_platform_wants_it() -> None:
    api = Recorder({f"POST {LIST}": item("mcp_oauth")})
    created(CredentialAdapter(api), resource("mcp_oauth"))
    assert api.sent[0].body["auth"] == {
        "type": "mcp_oauth",
        "mcp_server_url": "https://mcp.example/sse",
        "access_token": "the text of ACCESS",
        "expires_at": "2027-01-01T00:00:00Z",
        "refresh": {
            "token_endpoint": "https://login.example/token",
            "client_id": "retinue",
            "refresh_token": "the text of REFRESH",
            "scope": "read",
            "token_endpoint_auth": {
                "type": "client_secret_post",
                "client_secret": "the text of CLIENT",
            },
        },
    }


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_left_open_in_what_is_planned(kind: str) -> None:
    values = resource(kind).values
    assert not any(isinstance(leaf, Secret) for leaf in leaves(values))
    assert any(isinstance(leaf, Sealed) for leaf in leaves(values))


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [
        ("static_bearer", ("mcp_server_url",), "auth"),
        ("environment_variable", ("secret_name",), "auth"),
        ("environment_variable", ("networking",), "auth"),
        ("mcp_oauth", ("refresh", "client_id"), "auth"),
        ("mcp_oauth", ("refresh", "token_endpoint"), "auth"),
        ("mcp_oauth", ("refresh", "resource"), "auth"),
        ("mcp_oauth", ("refresh", "token_endpoint_auth", "type"), "auth"),
    ],
)
def test_what_cannot_change_makes_a_new_one(kind: str, path: tuple[str, ...], name: str) -> None:
    value: Any = {"type": "unrestricted"} if path == ("networking",) else "another"
    other = resource(kind, with_(kind, *path, value=value))
    deltas = compared(other, live(kind), wanted(resource(kind))).deltas
    assert [(delta.name, delta.forces_replacement) for delta in deltas] == [(name, True)]


def test_another_name_vault_or_type_makes_a_new_one() -> None:
    old = wanted(resource("static_bearer"))
    for other in (
        resource("static_bearer", name="Other"),
        resource("static_bearer", vault=Address("vault", "other")),
        resource("environment_variable"),
    ):
        deltas = compared(other, live("static_bearer"), old).deltas
        assert any(delta.forces_replacement for delta in deltas)


def test_hosts_have_no_order() -> None:
    auth = with_(
        "environment_variable", "networking", "allowed_hosts", value=["a.example", "b.example"]
    )
    other = resource("environment_variable", auth)
    assert changed(other, live("environment_variable")) == []


ROTATIONS: list[tuple[str, tuple[str, ...], Any, str, dict[str, Any]]] = [
    ("static_bearer", ("token",), secret("NEW"), "token", {"token": "the text of NEW"}),
    (
        "environment_variable",
        ("secret_value",),
        secret("NEW"),
        "secret_value",
        {"secret_value": "the text of NEW"},
    ),
    (
        "mcp_oauth",
        ("access_token",),
        secret("NEW"),
        "access_token",
        {"access_token": "the text of NEW", "expires_at": "2027-01-01T00:00:00Z"},
    ),
    ("mcp_oauth", ("expires_at",), "2028", "expires_at", {"expires_at": "2028"}),
    (
        "mcp_oauth",
        ("refresh", "refresh_token"),
        secret("NEW"),
        "refresh_token",
        {"refresh": {"refresh_token": "the text of NEW"}},
    ),
    ("mcp_oauth", ("refresh", "scope"), "write", "scope", {"refresh": {"scope": "write"}}),
    (
        "mcp_oauth",
        ("refresh", "token_endpoint_auth", "client_secret"),
        secret("NEW"),
        "client_secret",
        {
            "refresh": {
                "token_endpoint_auth": {
                    "type": "client_secret_post",
                    "client_secret": "the text of NEW",
                }
            }
        },
    ),
]


@pytest.mark.parametrize(("kind", "path", "value", "name", "sent"), ROTATIONS)
def test_a_secret_rotates_in_place_and_alone(
    kind: str, path: tuple[str, ...], value: Any, name: str, sent: dict[str, Any]
) -> None:
    other = resource(kind, with_(kind, *path, value=value))
    deltas = compared(other, live(kind), wanted(resource(kind))).deltas
    assert [(delta.name, delta.forces_replacement) for delta in deltas] == [(name, False)]
    body = rotated(kind, write(other, name))
    assert body == {"auth": {"type": kind, **sent}}


def rotated(kind: str, one: Any) -> Any:
    api = Recorder({f"POST {ONE}": item(kind)})
    after = updated(CredentialAdapter(api), live(kind), one)
    (request,) = api.sent
    assert after.id == ID
    if "auth" in request.body:
        assert fits(CredentialAuthRotateParam, request.body["auth"])
    return request.body


def test_an_expiry_or_scope_that_left_the_manifest_is_cleared() -> None:
    one = write(resource("mcp_oauth"), "expires_at", "scope", expires_at=None, scope=None)
    assert rotated("mcp_oauth", one) == {
        "auth": {"type": "mcp_oauth", "expires_at": None, "refresh": {"scope": None}}
    }


def test_new_metadata_touches_no_secret() -> None:
    one = write(resource("static_bearer"), "marker")
    assert rotated("static_bearer", one) == {"metadata": {KEY: MARK}}


def test_to_ignore_auth_is_to_ignore_all_of_it() -> None:
    ignored = resource("mcp_oauth", ignore=("auth", "name")).ignore_changes
    other = resource("mcp_oauth", with_("mcp_oauth", "access_token", value=secret("NEW")))
    assert {"auth", "access_token", "client_secret", "scope", "name"} <= ignored
    assert other.ignore_changes == frozenset()


# --- Where they are -------------------------------------------------------------------------------


def test_those_of_one_vault_after_the_other_are_listed() -> None:
    api = Recorder(
        {
            "GET /vaults": [{"id": "v1"}, {"id": "gone"}, {"id": "v2"}],
            "GET /vaults/v1/credentials": [item("static_bearer", id="old", created_at=1)],
            "GET /vaults/gone/credentials": NotFound("no such vault"),
            "GET /vaults/v2/credentials": [
                item("static_bearer", id="new", created_at=3),
                item("static_bearer", id="middle", created_at=2),
            ],
        }
    )
    assert listed(CredentialAdapter(api)) == ["v1/old", "v2/new", "v2/middle"]


def test_those_of_certain_vaults_are_listed_without_looking_at_the_others() -> None:
    api = Recorder(
        {
            "GET /vaults/v1/credentials": [item("static_bearer", id="a")],
            "GET /vaults/v2/credentials": [item("static_bearer", id="b")],
        }
    )
    assert listed(CredentialAdapter(api), within={"v2", "v1"}) == ["v1/a", "v2/b"]
    assert listed(CredentialAdapter(api), within=()) == []


def test_where_a_vault_is_gone_it_is_told_from_a_platform_that_has_none() -> None:
    gone: dict[str, Any] = {"GET /vaults/v1/credentials": NotFound("no such vault")}
    api = Recorder({**gone, "GET /vaults": []})
    assert listed(CredentialAdapter(api), within=("v1",)) == []
    api = Recorder({**gone, "GET /vaults": FamilyGone("no /vaults")})
    with pytest.raises(FamilyGone):
        listed(CredentialAdapter(api), within=("v1",))


def test_an_id_leads_through_the_vault() -> None:
    api = Recorder()
    adapter = CredentialAdapter(api)
    assert asyncio.run(adapter.read("v/c")) is None
    asyncio.run(adapter.delete("v/c"))
    assert api.sent[0].path == "/vaults/v/credentials/c"
    assert parts_of("v/c") == ("v", "c")
