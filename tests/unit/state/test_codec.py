"""State and journal as JSON: there and back, and nothing half-read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retinue.address import Address
from retinue.engine.entry import ConsumedPlan, Deposed, Entry, Intent, Snapshot
from retinue.engine.journal import Begun, Consumed, Record, Recorded, Settled
from retinue.errors import StateCorrupt, StateForeign
from retinue.kinds.values import Sealed
from retinue.state.codec import (
    FORMAT,
    VERSION,
    record_from_json,
    record_to_json,
    snapshot_from_text,
    snapshot_to_text,
)

WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.\-/ ]{0,20}[a-z]\Z")
ADDRESSES = st.builds(Address, st.sampled_from(["assistant", "file", "vector_store"]), NAMES)
VALUES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    WORDS,
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | WORDS
        | WORDS.map(Sealed),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
DEPS = st.lists(ADDRESSES, max_size=2).map(tuple)
ENTRIES = st.builds(
    Entry,
    address=ADDRESSES,
    type=WORDS,
    id=WORDS,
    values=VALUES,
    depends_on=DEPS,
    protect=st.booleans(),
    deposed=st.lists(st.builds(Deposed, WORDS, WORDS), max_size=2).map(tuple),
)
INTENTS = st.builds(
    Intent,
    operation=WORDS,
    address=ADDRESSES,
    type=WORDS,
    values=VALUES,
    started_at=st.floats(0, 2e9),
    depends_on=DEPS,
    protect=st.booleans(),
    replaces=st.none() | WORDS,
)
PLANS = st.builds(ConsumedPlan, WORDS, WORDS)
SNAPSHOTS = st.builds(
    Snapshot,
    project=WORDS,
    stack=WORDS,
    lineage=WORDS,
    serial=st.integers(0, 10**9),
    entries=st.lists(ENTRIES, max_size=3).map(lambda all_: {each.address: each for each in all_}),
    pending=st.lists(INTENTS, max_size=2).map(lambda all_: {each.operation: each for each in all_}),
    consumed=st.lists(PLANS, max_size=2).map(tuple),
)
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(Begun, INTENTS),
    st.builds(Settled, WORDS),
    st.builds(Consumed, PLANS),
    st.builds(
        lambda gone, entries, operation: Recorded(
            {**dict.fromkeys(gone), **{each.address: each for each in entries}}, operation
        ),
        st.lists(ADDRESSES, max_size=2),
        st.lists(ENTRIES, max_size=2),
        st.none() | WORDS,
    ),
)


@given(SNAPSHOTS)
def test_a_state_comes_back_as_it_was(snapshot: Snapshot) -> None:
    text = snapshot_to_text(snapshot)
    assert snapshot_from_text(text, where="s") == snapshot
    assert text.endswith("}\n")


@given(RECORDS)
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    line = json.dumps(record_to_json(record))
    assert "\n" not in line
    assert record_from_json(json.loads(line)) == record


@given(SNAPSHOTS)
def test_the_order_of_entries_does_not_count(snapshot: Snapshot) -> None:
    turned = Snapshot(
        project=snapshot.project,
        stack=snapshot.stack,
        lineage=snapshot.lineage,
        serial=snapshot.serial,
        entries=dict(reversed(list(snapshot.entries.items()))),
        pending=snapshot.pending,
        consumed=snapshot.consumed,
    )
    assert snapshot_to_text(turned) == snapshot_to_text(snapshot)


@given(SNAPSHOTS, st.data())
def test_half_a_state_is_refused_whole(snapshot: Snapshot, data: st.DataObject) -> None:
    text = snapshot_to_text(snapshot)
    cut = data.draw(st.integers(0, len(text) - 3))
    with pytest.raises(StateCorrupt, match=r"state\.json: not a readable state"):
        snapshot_from_text(text[:cut], where="state.json")


def test_a_state_of_the_first_version_names_only_the_ids_of_what_is_to_be_deleted() -> None:
    entry = Entry(address=Address("file", "a"), type="file", id="file-2", values={})
    document = json.loads(
        snapshot_to_text(
            Snapshot(project="p", stack="s", lineage="l", entries={entry.address: entry})
        )
    )
    document["resources"]["file.a"]["deposed"] = ["file-1"]
    read = snapshot_from_text(json.dumps(document), where="s").entries[entry.address]
    assert read.deposed == (Deposed("file", "file-1"),)


@pytest.mark.parametrize("part", ["project", "lineage", "serial", "resources", "pending"])
def test_a_state_that_lacks_a_part_is_refused(part: str) -> None:
    document = json.loads(snapshot_to_text(Snapshot(project="p", stack="s", lineage="l")))
    del document[part]
    with pytest.raises(StateCorrupt):
        snapshot_from_text(json.dumps(document), where="s")


def test_a_newer_version_is_refused_with_a_word_about_it() -> None:
    document = {"format": FORMAT, "version": VERSION + 1}
    with pytest.raises(StateForeign, match="state version 2, this Retinue reads 1"):
        snapshot_from_text(json.dumps(document), where="s")


DEEP = "[" * 100_000
NO_STATES = ["", "null", "[]", "{}", '{"format": "terraform"}', "\0", DEEP]


@pytest.mark.parametrize("text", NO_STATES, ids=range(len(NO_STATES)))
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(StateCorrupt):
        snapshot_from_text(text, where="s")


@pytest.mark.parametrize("line", [{}, {"do": "dance"}, {"do": "settle"}, {"do": "begin"}])
def test_what_is_no_record_is_refused(line: dict[str, str]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        record_from_json(line)
