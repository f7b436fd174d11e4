"""Vaults against the shapes of the SDK."""

from __future__ import annotations

from typing import Any

from openai.types.beta.agents import Vault as SdkVault
from openai.types.beta.agents import VaultCreateParams, VaultUpdateParams
from tests.support import recorder
from tests.support.recorder import OWNER, PLACES, PLAIN, Recorder, changed, created, fits, updated

from retinue.address import Address
from retinue.kinds.base import Resource
from retinue.kinds.marker import KEY
from retinue.kinds.vault import VaultAdapter, compile_vault
from retinue.manifest.model import Vault

MARK = "1/op/demo/default/vault.keys"
LIVE: dict[str, Any] = {
    "id": "vault_1",
    "created_at": 7,
    "metadata": {"team": "maths", KEY: MARK},
    "name": "Keys",
    "object": "vault",
}


def resource(**fields: Any) -> Resource:
    vault = Vault(
        address=Address("vault", "keys"),
        fields={"name": "Keys", **fields},
        lifecycle=PLAIN,
        places=PLACES,
    )
    return compile_vault(vault, recorder.context())


def test_a_vault_is_made_with_its_marker() -> None:
    api = Recorder({"POST /vaults": LIVE})
    live = created(VaultAdapter(api), resource(metadata={"team": "maths"}))
    (sent,) = api.sent
    assert fits(SdkVault, LIVE)
    assert fits(VaultCreateParams, sent.body)
    assert sent.body == {"name": "Keys", "metadata": {"team": "maths", KEY: MARK}}
    assert live.id == "vault_1"
    assert live.created_at == 7
    assert live.marker is not None
    assert live.marker.owner == OWNER
    assert changed(resource(metadata={"team": "maths"}), live) == []


def test_what_others_wrote_is_drift() -> None:
    theirs = {**LIVE, "name": "Theirs", "metadata": {"a": "b", KEY: MARK}}
    live = VaultAdapter(Recorder()).live(theirs)
    assert changed(resource(metadata={}), live) == ["name", "metadata"]


def test_only_what_differs_is_sent_and_other_metadata_stays() -> None:
    api = Recorder({"POST /vaults/vault_1": LIVE})
    adapter = VaultAdapter(api)
    updated(adapter, adapter.live(LIVE), recorder.write(resource(), "name"))
    updated(adapter, adapter.live(LIVE), recorder.write(resource(), "marker"))
    assert [sent.body for sent in api.sent] == [{"name": "Keys"}, {"metadata": LIVE["metadata"]}]
    assert all(fits(VaultUpdateParams, sent.body) for sent in api.sent)
