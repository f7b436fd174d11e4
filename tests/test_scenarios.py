"""Runs the scenarios of tests/cases/scenarios: what is declared and applied, what somebody does
behind our back, what is declared then; and what plan, apply and platform have to make of it.

A file holds ``before`` (files of the project, by path) and ``environ`` for all of its ``cases``.
A case may have:

* ``from``: the target that the assistant of `MANIFEST` is on at first, where it names another
* ``environ``: the environment; ``environ_after``: what it is once all that is applied
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
from tests.worlds.world import MANIFEST, World, a_world, family_of, wait_for

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
            common = {key: shared[key] for key in ("environ",) if key in shared}
            before = {**shared.get("before", {}), **case.get("before", {})}
            cases[f"{path.stem}/{name}"] = {**common, **case, "before": before}
    return cases


CASES_BY_NAME = read_cases()


@pytest.mark.parametrize("name", CASES_BY_NAME)
def test_scenario(name: str, tmp_path: Path) -> None:
    case = CASES_BY_NAME[name]
    with a_world(tmp_path) as world:
        world.parallelism = 1
        arrange(world, case)
        options = options_of(case)
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


def arrange(world: World, case: Mapping[str, Any]) -> None:
    """Make a world as it is when a case is planned."""
    world.environ = dict(case.get("environ", {}))
    world.write(case["before"])
    if "from" in case:
        text = (world.root / MANIFEST).read_text()
        world.write({MANIFEST: text.replace("target: assistants", f"target: {case['from']}")})
    if case.get("applied", True):
        applied = world.apply()
        assert applied.outcome is not None
        assert applied.outcome.complete, applied.outcome.failed
    world.time.now += 60
    world.environ |= case.get("environ_after", {})
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


def options_of(case: Mapping[str, Any]) -> PlanOptions:
    """How a case is planned."""
    written = case.get("options", {})
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


def _patch(world: World, deed: dict[str, Any]) -> None:
    world.by_hand("POST", world.path_of(deed["patch"]), deed["body"])


def _delete(world: World, deed: dict[str, Any]) -> None:
    world.by_hand("DELETE", world.path_of(deed["delete"]))


def _create(world: World, deed: dict[str, Any]) -> None:
    world.by_hand("POST", family_of(deed["create"]), deed["body"])


def _attach(world: World, deed: dict[str, Any]) -> None:
    file = world.upload_by_hand(deed["name"], deed["text"].encode())
    body = {"file_id": file, "attributes": deed.get("attributes", {})}
    world.by_hand("POST", f"{world.path_of(deed['attach'])}/files", body)


def _detach(world: World, deed: dict[str, Any]) -> None:
    world.by_hand("DELETE", f"{world.path_of(deed['detach'])}/files/{deed['file']}")


def _mark(world: World, deed: dict[str, Any]) -> None:
    path = f"{world.path_of(deed['mark'])}/files/{deed['file']}"
    world.by_hand("POST", path, {"attributes": deed["attributes"]})


def _post(world: World, deed: dict[str, Any]) -> None:
    path = re.sub(r"\{([^}]+)\}", lambda found: world.id_of(found[1]), deed["post"])
    if "folder" not in deed:
        world.by_hand("POST", path, {})
        return
    files = [("files", (f"skill/{n}", text.encode())) for n, text in deed["folder"].items()]
    made = world.by_hand("POST", path, files=files)
    world.by_hand("POST", path.removesuffix("/versions"), {"default_version": made["version"]})


def _close(world: World, deed: dict[str, Any]) -> None:
    world.wire.closed = deed["close"]


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
    "post": _post,  # {post: path}, with a folder: a version of a skill, which becomes the default
    "close": _close,  # {close: path}: the platform has no such family any more
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
    before = world.ids()
    applied, sent = world.recorded(lambda: world.apply(options))
    if applied.outcome is not None:
        assert applied.outcome.complete, applied.outcome.failed
    after = world.ids()
    if "requests" in case:
        writes = [_named(str(request), before, after) for request in sent if request.writes]
        assert writes == case["requests"]
    check_platform(world, case, before, after)
    if "protected" in case:
        protected = [str(a) for a, entry in sorted(world.state.entries.items()) if entry.protect]
        assert protected == case["protected"]
    if options.destroy:
        return  # the manifests still want what is gone
    again = world.plan(options)
    assert [str(change.address) for change in again.plan.pending] == []
    assert again.plan.drift == ()


def check_platform(
    world: World, case: Mapping[str, Any], before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    """Make sure that the platform and the state are as a case wants them."""
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
    """A request with addresses in the place of IDs; a credential's has its vault's before it."""
    for address, object_id in before.items():
        request = request.replace(object_id.rpartition("/")[2], f"{{{address}}}")
    for address, object_id in after.items():
        request = request.replace(object_id.rpartition("/")[2], f"{{new {address}}}")
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
