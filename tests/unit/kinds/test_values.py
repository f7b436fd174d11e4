"""Values with references: there and back."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from retinue.address import Address
from retinue.kinds.values import (
    Ref,
    Sealed,
    Unknown,
    at,
    canonical,
    digest,
    encode,
    leaves,
    put,
    resolve,
    spots,
    transform,
    unknowns,
    unsealed,
)
from retinue.manifest.model import Secret

ADDRESSES = st.builds(Address, st.sampled_from(["file", "store"]), st.sampled_from("abc"))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEYS = st.text().filter(lambda key: key != "$ref")


def trees(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaf, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=12
    )


@given(trees(SCALARS | ADDRESSES.map(Unknown) | st.text().map(Sealed)))
def test_what_is_encoded_is_json(value: Any) -> None:
    assert json.dumps(encode(value)) == json.dumps(encode(json.loads(json.dumps(encode(value)))))


@given(trees(SCALARS | st.text().map(Sealed)))
def test_secrets_are_opened_where_they_stand_and_nowhere_else(value: Any) -> None:
    opened = unsealed(value, lambda secret: f"text of {secret.fingerprint}")
    assert not any(spots(opened, Sealed))
    for path, secret in spots(value, Sealed):
        assert at(opened, path) == f"text of {secret.fingerprint}"


@given(trees(SCALARS | st.text().map(Sealed)).filter(lambda value: not isinstance(value, Sealed)))
def test_secrets_are_put_back_at_their_paths(value: Any) -> None:
    plain = json.loads(json.dumps(unsealed(value, lambda secret: secret.fingerprint)))
    for path, secret in spots(value, Sealed):
        put(plain, path, secret)
    assert plain == value


def test_a_secret_is_known_by_its_fingerprint() -> None:
    assert Sealed("one", Secret(env="A")) == Sealed("one", Secret(env="B")) != Sealed("two")
    assert digest(Sealed("one", Secret(env="A"))) == digest(Sealed("one"))


@given(trees(SCALARS | ADDRESSES.map(Ref)))
def test_a_reference_without_an_id_is_unknown_and_one_with_it_is_the_id(value: Any) -> None:
    wanted = {leaf.address for leaf in leaves(value) if isinstance(leaf, Ref)}
    assert unknowns(resolve(value, lambda _: None)) == wanted
    assert unknowns(resolve(value, lambda address: f"id-{address}")) == set()


@given(trees(SCALARS | ADDRESSES.map(Ref)))
def test_resolving_late_is_resolving_at_once(value: Any) -> None:
    known = Address("file", "a")

    def early(address: Address) -> str | None:
        return "id-a" if address == known else None

    assert resolve(resolve(value, early), str) == resolve(
        value, lambda address: early(address) or str(address)
    )


@given(trees(SCALARS))
def test_a_value_without_references_stays_as_it_is(value: Any) -> None:
    assert resolve(value, str) == value
    assert transform(value, lambda leaf: leaf) == value


@given(st.dictionaries(st.text(), st.integers()))
def test_the_order_of_keys_does_not_count(value: dict[str, int]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical(turned) == canonical(value)
    assert digest(turned) == digest(value)


def test_values_that_differ_digest_otherwise() -> None:
    values: list[Any] = [
        None,
        0,
        False,
        "",
        "0",
        [],
        {},
        [0],
        {"a": 0},
        [[]],
        Ref(Address("a", "b")),
    ]
    assert len({canonical(value) for value in values}) == len(values)
    assert len({digest(value) for value in values}) == len(values)


def test_an_unknown_id_reads_as_one() -> None:
    assert str(Unknown(Address("file", "a"))) == "(known after apply)"
