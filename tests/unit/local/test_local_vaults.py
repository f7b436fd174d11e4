"""/vaults and their credentials: what is kept, what can be changed, and that no secret is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

pytestmark = pytest.mark.anyio

SECRET = "s3cr3t-0f-t3sts"
BEARER: Any = {"type": "static_bearer", "mcp_server_url": "https://mcp.example/mcp"}
OAUTH: Any = {
    "type": "mcp_oauth",
    "mcp_server_url": "https://mcp.example/mcp",
    "access_token": SECRET,
    "expires_at": "2027-01-01T00:00:00Z",
    "refresh": {
        "client_id": "retinue",
        "refresh_token": SECRET,
        "token_endpoint": "https://auth.example/token",
        "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": SECRET},
        "scope": "read",
    },
}
VARIABLE: Any = {
    "type": "environment_variable",
    "secret_name": "API_KEY",
    "secret_value": SECRET,
    "networking": {"type": "limited", "allowed_hosts": ["API.example"]},
}


async def vault_of(sdk: openai.AsyncOpenAI, **more: Any) -> str:
    return (await sdk.beta.agents.vaults.create(**more)).id


async def test_a_vault_is_kept_changed_and_deleted(sdk: openai.AsyncOpenAI) -> None:
    vaults = sdk.beta.agents.vaults
    made = await vaults.create(name="  tools ", metadata={"team": "maths"})
    assert (made.name, made.metadata) == ("tools", {"team": "maths"})
    changed = await vaults.update(made.id, name=None)
    assert (changed.name, changed.metadata) == (None, {"team": "maths"})
    assert (await vaults.update(made.id, metadata={})).metadata == {}
    assert (await vaults.delete(made.id)).deleted
    with pytest.raises(openai.NotFoundError):
        await vaults.retrieve(made.id)


async def test_vaults_are_listed_by_what_their_metadata_says(sdk: openai.AsyncOpenAI) -> None:
    vaults = sdk.beta.agents.vaults
    ids = [await vault_of(sdk, metadata={"n": str(n % 2), "all": "yes"}) for n in range(5)]
    odd = [each.id async for each in vaults.list(metadata={"n": "1", "all": "yes"}, limit=1)]
    assert odd == [ids[3], ids[1]]
    assert [each.id async for each in vaults.list(status="active", order="asc")] == ids
    assert [each.id async for each in vaults.list(status=["archived"])] == []
    both = vaults.list(status=["active", "archived"])
    assert [each.id async for each in both] == ids[::-1]


@pytest.mark.parametrize("name", ["", "   ", "ä" * 129, "x" * 257])
async def test_a_name_is_counted_in_bytes(sdk: openai.AsyncOpenAI, name: str) -> None:
    with pytest.raises(openai.BadRequestError, match="1 to 256 bytes"):
        await sdk.beta.agents.vaults.create(name=name)
    await sdk.beta.agents.vaults.create(name="ä" * 128)


@pytest.mark.parametrize("auth", [{**BEARER, "token": SECRET}, OAUTH, VARIABLE])
async def test_a_credential_shows_everything_but_its_secrets(
    sdk: openai.AsyncOpenAI, auth: Any, database: Path
) -> None:
    vault = await vault_of(sdk)
    credentials = sdk.beta.agents.vaults.credentials
    made = await credentials.create(vault, name="repo", auth=auth)
    shown = (await credentials.retrieve(made.id, vault_id=vault)).model_dump_json()
    assert made.vault_id == vault
    assert SECRET not in shown
    assert auth["type"] in shown
    for file in database.parent.iterdir():
        assert SECRET.encode() not in file.read_bytes(), file


CLIENT: Any = {"type": "client_secret_basic", "client_secret": SECRET}
REFRESH: Any = {"refresh_token": SECRET, "token_endpoint_auth": CLIENT}
ROTATIONS: list[tuple[Any, Any]] = [
    ({**BEARER, "token": "old"}, {"token": SECRET}),
    (VARIABLE, {"secret_value": SECRET}),
    (OAUTH, {"access_token": SECRET, "refresh": REFRESH}),
]


@pytest.mark.parametrize(("auth", "new"), ROTATIONS, ids=["bearer", "variable", "oauth"])
async def test_a_new_secret_is_not_kept_either(
    sdk: openai.AsyncOpenAI, auth: Any, new: Any, database: Path
) -> None:
    vault = await vault_of(sdk)
    credentials = sdk.beta.agents.vaults.credentials
    made = await credentials.create(vault, name="repo", auth=auth)
    sent: Any = {"type": auth["type"], **new}
    rotated = await credentials.update(made.id, vault_id=vault, auth=sent)
    assert SECRET not in rotated.model_dump_json()
    for file in database.parent.iterdir():
        assert SECRET.encode() not in file.read_bytes(), file


async def test_oauth_shows_its_public_side(sdk: openai.AsyncOpenAI) -> None:
    vault = await vault_of(sdk)
    made = await sdk.beta.agents.vaults.credentials.create(vault, name="repo", auth=OAUTH)
    assert made.auth.model_dump() == {
        "type": "mcp_oauth",
        "mcp_server_url": "https://mcp.example/mcp",
        "expires_at": "2027-01-01T00:00:00Z",
        "refresh": {
            "client_id": "retinue",
            "resource": None,
            "scope": "read",
            "token_endpoint": "https://auth.example/token",
            "token_endpoint_auth": {"type": "client_secret_basic"},
        },
    }


async def test_hosts_are_small_letters(sdk: openai.AsyncOpenAI) -> None:
    vault = await vault_of(sdk)
    made = await sdk.beta.agents.vaults.credentials.create(vault, name="key", auth=VARIABLE)
    assert made.auth.type == "environment_variable"
    assert made.auth.networking.type == "limited"
    assert made.auth.networking.allowed_hosts == ["api.example"]


async def test_a_new_token_clears_the_expiry_unless_it_brings_one(
    sdk: openai.AsyncOpenAI,
) -> None:
    vault = await vault_of(sdk)
    credentials = sdk.beta.agents.vaults.credentials
    made = await credentials.create(vault, name="repo", auth=OAUTH)

    async def expiry(**auth: Any) -> Any:
        sent: Any = {"type": "mcp_oauth", **auth}
        answer = await credentials.update(made.id, vault_id=vault, auth=sent)
        assert answer.auth.type == "mcp_oauth"
        return answer.auth.expires_at

    assert await expiry(refresh={"scope": None}) == OAUTH["expires_at"]
    assert await expiry(access_token="new", expires_at="2028-01-01T00:00:00Z") is not None
    assert await expiry(access_token="newer") is None


@pytest.mark.parametrize(
    "body",
    [
        {"name": "other"},
        {"auth": {**BEARER, "token": "new"}},
        {"auth": {"type": "mcp_oauth", "access_token": "new"}},
        {"auth": {"type": "static_bearer"}},
        {"auth": {"type": "static_bearer", "token": "two\nlines"}},
    ],
)
async def test_what_a_credential_opens_can_not_be_changed(
    sdk: openai.AsyncOpenAI, body: Any
) -> None:
    vault = await vault_of(sdk)
    auth: Any = {**BEARER, "token": SECRET}
    made = await sdk.beta.agents.vaults.credentials.create(vault, name="repo", auth=auth)
    with pytest.raises(openai.BadRequestError):
        await sdk.post(
            f"/vaults/{vault}/credentials/{made.id}",
            cast_to=object,
            body=body,
            options={"headers": {"OpenAI-Beta": "agents=v1"}},
        )


async def test_a_vault_takes_its_credentials_along(sdk: openai.AsyncOpenAI) -> None:
    vault, other = await vault_of(sdk), await vault_of(sdk)
    credentials = sdk.beta.agents.vaults.credentials
    made = [await credentials.create(vault, name=str(n), auth=VARIABLE) for n in range(3)]
    listed = [each.name async for each in credentials.list(vault, limit=2)]
    assert listed == ["2", "1", "0"]
    with pytest.raises(openai.NotFoundError):
        await credentials.retrieve(made[0].id, vault_id=other)
    assert (await credentials.delete(made[0].id, vault_id=vault)).deleted
    await sdk.beta.agents.vaults.delete(vault)
    with pytest.raises(openai.NotFoundError):
        await credentials.retrieve(made[1].id, vault_id=vault)


@pytest.mark.parametrize(
    "auth",
    [
        {"type": "password"},
        {**BEARER},
        {**BEARER, "token": ""},
        {**BEARER, "token": "x", "mcp_server_url": "http://mcp.example"},
        {**BEARER, "token": "x\0y"},
        {**OAUTH, "expires_at": "tomorrow"},
        {**OAUTH, "expires_at": "2027-01-01T00:00:00"},
        {**OAUTH, "expires_at": "2027-06-31T00:00:00Z"},
        {**OAUTH, "refresh": {**OAUTH["refresh"], "token_endpoint": "http://auth.example"}},
        {**OAUTH, "refresh": {**OAUTH["refresh"], "token_endpoint_auth": {"type": "password"}}},
        {**VARIABLE, "secret_name": "1KEY"},
        {**VARIABLE, "secret_name": "CODEX_KEY"},
        {**VARIABLE, "secret_name": "HTTPS_PROXY"},
        {**VARIABLE, "secret_name": "https_proxy"},
        {**VARIABLE, "secret_name": "SSL_CERT_FILE"},
        {**VARIABLE, "secret_value": "two\nlines"},
        {
            **VARIABLE,
            "networking": {"type": "limited", "allowed_hosts": [f"{n}.example" for n in range(17)]},
        },
        {**VARIABLE, "networking": {"type": "limited", "allowed_hosts": []}},
        {
            **VARIABLE,
            "networking": {"type": "limited", "allowed_hosts": ["a.example", "A.example"]},
        },
        {**VARIABLE, "networking": {"type": "limited", "allowed_hosts": ["https://a.example"]}},
    ],
)
async def test_what_is_no_credential_is_refused(sdk: openai.AsyncOpenAI, auth: Any) -> None:
    vault = await vault_of(sdk)
    with pytest.raises(openai.BadRequestError):
        await sdk.beta.agents.vaults.credentials.create(vault, name="repo", auth=auth)


async def test_a_refusal_does_not_repeat_the_secret(http: httpx2.AsyncClient) -> None:
    headers = {"OpenAI-Beta": "agents=v1"}
    vault = (await http.post("/vaults", json={}, headers=headers)).json()["id"]
    for secret in (f"{SECRET}\n", {"secret": SECRET}, [SECRET]):
        body = {"name": "repo", "auth": {**BEARER, "token": secret}}
        answer = await http.post(f"/vaults/{vault}/credentials", json=body, headers=headers)
        assert answer.status_code == 400
        assert SECRET not in answer.text


async def test_a_refresh_keeps_how_its_client_says_who_it_is(sdk: openai.AsyncOpenAI) -> None:
    vault = await vault_of(sdk)
    credentials = sdk.beta.agents.vaults.credentials
    made = await credentials.create(vault, name="repo", auth=OAUTH)
    plain: Any = {key: value for key, value in OAUTH.items() if key != "refresh"}
    bare = await credentials.create(vault, name="bare", auth=plain)
    other: Any = {"token_endpoint_auth": {"type": "client_secret_post", "client_secret": "new"}}
    token: Any = {"refresh_token": "new"}
    for credential, refresh in ((made, other), (bare, token)):
        auth: Any = {"type": "mcp_oauth", "refresh": refresh}
        with pytest.raises(openai.BadRequestError, match=r"auth\.refresh"):
            await credentials.update(credential.id, vault_id=vault, auth=auth)
    auth = {"type": "mcp_oauth", "refresh": {**token, "token_endpoint_auth": None}}
    kept = await credentials.update(made.id, vault_id=vault, auth=auth)
    assert kept.auth.model_dump() == made.auth.model_dump()


async def test_metadata_of_a_credential_is_replaced_and_filtered(sdk: openai.AsyncOpenAI) -> None:
    vault = await vault_of(sdk)
    credentials = sdk.beta.agents.vaults.credentials
    ids = [
        (await credentials.create(vault, name=n, auth=VARIABLE, metadata={"n": n})).id for n in "ab"
    ]
    assert [each.id async for each in credentials.list(vault, metadata={"n": "a"})] == ids[:1]
    assert [each.id async for each in credentials.list(vault, status="archived")] == []
    changed = await credentials.update(ids[0], vault_id=vault, metadata={"m": "x"})
    assert (changed.metadata, changed.name) == ({"m": "x"}, "a")
    assert [each.id async for each in credentials.list(vault, metadata={"n": "a"})] == []
    with pytest.raises(openai.BadRequestError, match="metadata"):
        await credentials.update(ids[0], vault_id=vault, metadata={"n" * 65: "x"})


async def test_metadata_is_cleared_by_an_empty_object_and_never_by_null(
    http: httpx2.AsyncClient,
) -> None:
    """Null is documented for a new vault alone."""
    headers = {"OpenAI-Beta": "agents=v1"}
    vault = (await http.post("/vaults", json={"metadata": None}, headers=headers)).json()["id"]
    within = f"/vaults/{vault}/credentials"
    new = {"name": "key", "auth": VARIABLE, "metadata": {"n": "a"}}
    path = f"{within}/{(await http.post(within, json=new, headers=headers)).json()['id']}"
    for place, sent in ((f"/vaults/{vault}", {}), (within, new), (path, {})):
        answer = await http.post(place, json={**sent, "metadata": None}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "metadata")
    assert (await http.get(path, headers=headers)).json()["metadata"] == {"n": "a"}
    cleared = await http.post(path, json={"metadata": {}}, headers=headers)
    assert cleared.json()["metadata"] == {}


@pytest.mark.parametrize("query", [{"status": "gone"}, {"limit": "0"}, {"after": "vault_none"}])
async def test_queries_that_say_nothing_are_refused(sdk: openai.AsyncOpenAI, query: Any) -> None:
    with pytest.raises(openai.BadRequestError):
        await sdk.beta.agents.vaults.list(extra_query=query)


@pytest.mark.parametrize("beta", ["", "agents=v2", "assistants=v2"])
@pytest.mark.parametrize("path", ["/vaults", "/vaults/vault_1/credentials"])
async def test_a_beta_header_is_needed(http: httpx2.AsyncClient, path: str, beta: str) -> None:
    for method in ("GET", "POST"):
        answer = await http.request(method, path, json={}, headers={"OpenAI-Beta": beta})
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "invalid_beta"
