"""Runs the scenarios of tests/cases/scenarios: what is declared and applied, what somebody does
behind our back, what is declared then; and what plan, apply and platform have to make of it.

A file holds ``before`` (files of the project, by path) for all of its ``cases``. A case may have:

* ``before``: more files; the whole is applied first (``applied: false``: nothing is)
* ``by_hand``: what somebody else does meanwhile, see `_HANDS`
* ``replace``: old text to new text in the manifest; ``after``: files by path, null removes one
* ``options``: targets, excludes, destroy, forced

and expects, all but ``changes`` optional:

* ``changes``: every planned change, in order: ``{update: address, changed: […], reason: …}``
* ``drift``: address to "deleted", "any", or field: [applied, live]; ``counts``: those that aren't 0
* ``notes``: parts of the plan's notes; ``selection``: address to reason
* ``refused``: codes, and ``error``: a part of the message. Nothing is applied then
* ``requests``: the writes of the apply, in order. ``{address}`` stands for the ID that the
  address had before, ``{new address}`` for the one that it has afterwards
* ``live``: address to path inside the object to value; ``same``, ``new``: addresses that keep
  their object or get another; ``objects``: how many there are of each kind;
  ``state``, ``protected``: addresses

After an apply nothing is left to do and nothing has drifted, unless it was to destroy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.worlds.world import MANIFEST, World, a_world, wait_for

from retinue.address import Address
from retinue.engine.plan import Change, Plan
from retinue.errors import RetinueError
from retinue.operations.planning import PlanOptions
from retinue.operations.statework import forget_entries

CASES = Path(__file__).parent / "cases" / "scenarios"


def read_cases() -> dict[str, dict[str, Any]]:
    """Every case by ``<file>/<name>``, with what its file says for all."""
    cases: dict[str, dict[str, Any]] = {}
    for path in sorted(CASES.glob("*.yaml")):
        shared = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, case in shared["cases"].items():
            before = {**shared.get("before", {}), **case.get("before", {})}
            cases[f"{path.stem}/{name}"] = {**case, "before": before}
    return cases


CASES_BY_NAME = read_cases()


@pytest.mark.parametrize("name", CASES_BY_NAME)
def test_scenario(name: str, tmp_path: Path) -> None:
    case = CASES_BY_NAME[name]
    with a_world(tmp_path) as world:
        world.parallelism = 1
        _arrange(world, case)
        options = _options(case.get("options", {}))
        if "error" in case:
            with pytest.raises(RetinueError, match=re.escape(case["error"])):
                world.plan(options)
            return
        planned = world.plan(options)
        _check_plan(planned.plan, case)
        assert [r.code for r in planned.verdict.refusals] == case.get("refused", [])
        if "refused" not in case:
            _check_apply(world, case, options)


# --- Arrange -----------------------------------------------------------------------------------


def _arrange(world: World, case: Mapping[str, Any]) -> None:
    world.write(case["before"])
    if case.get("applied", True):
        applied = world.apply()
        assert applied.outcome is not None
        assert applied.outcome.complete, applied.outcome.failed
    world.time.now += 60
    for deed in case.get("by_hand", ()):
        (verb,) = deed.keys() & _HANDS.keys()
        _HANDS[verb](world, {**_with_ids(world, deed), verb: deed[verb]})
    if "replace" in case:
        text = (world.root / MANIFEST).read_text()
        for old, new in case["replace"].items():
            assert old in text, f"{old!r} is not in the manifest"
            text = text.replace(old, new)
        world.write({MANIFEST: text})
    world.write(case.get("after", {}))


def _options(written: Mapping[str, Any]) -> PlanOptions:
    return PlanOptions(
        targets=tuple(written.get("targets", ())),
        excludes=tuple(written.get("excludes", ())),
        destroy=written.get("destroy", False),
        forced=written.get("forced", False),
    )


def _with_ids(world: World, value: Any) -> Any:
    """Put IDs in the place of texts like ``{file.paper}``."""
    if isinstance(value, dict):
        return {key: _with_ids(world, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_ids(world, item) for item in value]
    if isinstance(value, str) and re.fullmatch(r"\{[^}]+\}", value):
        return world.id_of(value[1:-1])
    return value


def _path(world: World, address: str) -> str:
    return f"/{address.partition('.')[0]}s/{world.id_of(address)}"


def _patch(world: World, deed: dict[str, Any]) -> None:
    world.by_hand("POST", _path(world, deed["patch"]), deed["body"])


def _delete(world: World, deed: dict[str, Any]) -> None:
    world.by_hand("DELETE", _path(world, deed["delete"]))


def _create(world: World, deed: dict[str, Any]) -> None:
    world.by_hand("POST", f"/{deed['create']}s", deed["body"])


def _attach(world: World, deed: dict[str, Any]) -> None:
    file = world.upload_by_hand(deed["name"], deed["text"].encode())
    body = {"file_id": file, "attributes": deed.get("attributes", {})}
    world.by_hand("POST", f"{_path(world, deed['attach'])}/files", body)


def _detach(world: World, deed: dict[str, Any]) -> None:
    world.by_hand("DELETE", f"{_path(world, deed['detach'])}/files/{deed['file']}")


def _mark(world: World, deed: dict[str, Any]) -> None:
    path = f"{_path(world, deed['mark'])}/files/{deed['file']}"
    world.by_hand("POST", path, {"attributes": deed["attributes"]})


def _lose(world: World, deed: dict[str, Any]) -> None:
    if deed["lose"] == "state":
        world.lose_state()
    else:
        lost = [Address.parse(text) for text in deed["lose"]]
        wait_for(forget_entries(world.project, lost, print))


_HANDS: Mapping[str, Callable[[World, dict[str, Any]], None]] = {
    "patch": _patch,  # {patch: address, body: …}
    "delete": _delete,  # {delete: address}
    "create": _create,  # {create: kind, body: …}
    "attach": _attach,  # {attach: store, name: …, text: …, attributes: …}
    "detach": _detach,  # {detach: store, file: "{file.x}"}
    "mark": _mark,  # {mark: store, file: "{file.x}", attributes: …}
    "lose": _lose,  # {lose: state}, or {lose: [address]}
}


# --- Assert ------------------------------------------------------------------------------------


def _check_plan(plan: Plan, case: Mapping[str, Any]) -> None:
    expected = case["changes"]
    assert [_shown(c, e) for c, e in zip(plan.pending, expected, strict=False)] == expected
    assert [str(c.address) for c in plan.pending[len(expected) :]] == []
    drift: dict[str, Any] = {
        str(item.address): "deleted"
        if item.deleted
        else {field.name: [field.applied, field.live] for field in item.fields}
        for item in plan.drift
    }
    expected_drift = case.get("drift", {})
    assert drift.keys() == expected_drift.keys()
    assert all(e in ("any", drift[address]) for address, e in expected_drift.items()), drift
    if "counts" in case:
        counts = {k: n for k in ("add", "change", "destroy", "adopt", "move", "forget")
                  if (n := getattr(plan.counts(), k))}  # fmt: skip
        assert counts == case["counts"]
    assert dict(plan.selection) == case.get("selection", {})
    notes = case.get("notes", [])
    assert len(plan.notes) == len(notes), plan.notes
    for note, part in zip(plan.notes, notes, strict=True):
        assert part in note


def _shown(change: Change, expected: Mapping[str, Any]) -> dict[str, Any]:
    """The change in the form of the case, as far as the case speaks of it."""
    shown: dict[str, Any] = {change.action.value: str(change.address)}
    every = {
        "changed": list(change.changed),
        "reason": change.reason and change.reason.value,
        "was": change.previous_address and str(change.previous_address),
        "resets": list(change.resets),
        "because": list(change.replace_because),
    }
    return {**shown, **{key: every[key] for key in every if key in expected}}


def _check_apply(world: World, case: Mapping[str, Any], options: PlanOptions) -> None:
    before = {str(address): entry.id for address, entry in world.state.entries.items()}
    applied, sent = world.recorded(lambda: world.apply(options))
    if applied.outcome is not None:
        assert applied.outcome.complete, applied.outcome.failed
    after = {str(address): entry.id for address, entry in world.state.entries.items()}
    if "requests" in case:
        writes = [_named(str(request), before, after) for request in sent if request.writes]
        assert writes == case["requests"]
    _check_platform(world, case, before, after)
    if "protected" in case:
        protected = [str(a) for a, entry in sorted(world.state.entries.items()) if entry.protect]
        assert protected == case["protected"]
    if options.destroy:
        return  # the manifests still want what is gone
    again = world.plan(options)
    assert [str(change.address) for change in again.plan.pending] == []
    assert again.plan.drift == ()


def _check_platform(
    world: World, case: Mapping[str, Any], before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    for address, fields in case.get("live", {}).items():
        live = world.live(address)
        for path, value in fields.items():
            assert _at(live, path) == _named_tree(value, after), f"{address}: {path}"
    for address in case.get("same", ()):
        assert after[address] == before[address]
    for address in case.get("new", ()):
        assert after[address] != before[address]
    for kind, count in case.get("objects", {}).items():
        assert len(world.objects(kind)) == count, kind
    if "state" in case:
        assert sorted(after) == sorted(case["state"])


def _named(request: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A request with addresses in the place of IDs."""
    for address, object_id in before.items():
        request = request.replace(object_id, f"{{{address}}}")
    for address, object_id in after.items():
        request = request.replace(object_id, f"{{new {address}}}")
    return request


def _named_tree(value: Any, after: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _named_tree(item, after) for key, item in value.items()}
    if isinstance(value, list):
        return [_named_tree(item, after) for item in value]
    if isinstance(value, str) and re.fullmatch(r"\{[^}]+\}", value):
        return after[value[1:-1]]
    return value


def _at(tree: Any, path: str) -> Any:
    """The value at a dotted path; ``*`` walks over a list, and the values found are sorted."""
    head, _, rest = path.partition(".")
    if head == "*":
        found = [_at(item, rest) if rest else item for item in tree]
        return sorted(found, key=str)
    value = tree[int(head)] if isinstance(tree, list) else tree.get(head)
    return _at(value, rest) if rest else value
