"""Skills: a changed folder is a new version, and the default version stays the one we made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openai.types import Skill as SdkSkill
from openai.types import SkillUpdateParams
from openai.types.skills import SkillVersion
from tests.support import recorder
from tests.support.recorder import (
    PLACES,
    Recorder,
    Sent,
    changed,
    created,
    fits,
    updated,
    wanted,
    write,
)

from retinue.address import Address
from retinue.kinds.base import Resource, Upload, computed_values
from retinue.kinds.skill import SKILL, SkillAdapter, compile_skill
from retinue.manifest.model import Lifecycle, Skill

ADDRESS = Address("skill", "citing")
FOLDER = Path("/project/skills/citing")
LIVE: dict[str, Any] = {
    "id": "skill_1",
    "created_at": 7,
    "default_version": "1",
    "description": "How to cite",
    "latest_version": "1",
    "name": "citing",
    "object": "skill",
}
NEW: dict[str, Any] = {
    "id": "skillver_2",
    "created_at": 8,
    "description": "How to cite",
    "name": "citing",
    "object": "skill.version",
    "skill_id": "skill_1",
    "version": "2",
}


def upload(sha256: str = "ab") -> Upload:
    return Upload(FOLDER, "skills/citing", f"{sha256} of all", 3, {"SKILL.md": sha256})


def resource(sha256: str = "ab", *, ignore: tuple[str, ...] = (), **more: str) -> Resource:
    skill = Skill(
        address=ADDRESS,
        path=FOLDER,
        shown="skills/citing",
        files=("SKILL.md",),
        title=more.get("title", "citing"),
        description=more.get("description", "How to cite"),
        lifecycle=Lifecycle(ignore_changes=ignore),
        places=PLACES,
    )
    return compile_skill(skill, recorder.context({ADDRESS: upload(sha256)}))


def applied() -> dict[str, Any]:
    """What the state remembers after the first apply."""
    return {**wanted(resource()), "version": "1"}


def live(**more: Any) -> Any:
    return SkillAdapter(Recorder()).live({**LIVE, **more})


def test_a_skill_is_its_folder() -> None:
    api = Recorder({"POST /skills": LIVE})
    made = created(SkillAdapter(api), resource())
    assert fits(SdkSkill, LIVE)
    assert fits(SkillVersion, NEW)
    assert api.sent == [Sent("POST", "/skills", ({}, upload(), "citing.zip"))]
    assert computed_values(SKILL, made) == {"version": "1"}
    assert changed(resource(), made, applied()) == []


def test_another_folder_is_another_version() -> None:
    other = resource("cd")
    assert changed(other, live(), applied()) == ["content"]
    api = Recorder(
        {
            "POST /skills/skill_1/versions": NEW,
            "POST /skills/skill_1": {**LIVE, "default_version": "2", "latest_version": "2"},
        }
    )
    after = updated(SkillAdapter(api), live(), write(other, "content", version="1"))
    assert api.sent == [
        Sent("POST", "/skills/skill_1/versions", ({}, upload("cd"), "citing.zip")),
        Sent("POST", "/skills/skill_1", {"default_version": "2"}),
    ]
    assert fits(SkillUpdateParams, api.sent[1].body)
    assert computed_values(SKILL, after) == {"version": "2"}


def test_another_description_goes_with_its_version() -> None:
    other = resource("cd", description="How to cite well")
    assert changed(other, live(), applied()) == ["description", "content"]


def test_another_name_is_another_skill() -> None:
    deltas = recorder.compared(resource("cd", title="quoting"), live(), applied()).deltas
    assert [delta.name for delta in deltas if delta.forces_replacement] == ["name"]


def test_a_default_version_of_somebody_else_is_drift_and_put_back() -> None:
    theirs = live(default_version="7", latest_version="7", name="theirs", description="Theirs")
    comparison = recorder.compared(resource(), theirs, applied())
    assert [(d.name, d.before, d.after) for d in comparison.deltas] == [("version", "7", "1")]
    assert [(d.name, d.applied, d.live) for d in comparison.drift] == [("version", "1", "7")]
    api = Recorder(
        {
            "GET /skills/skill_1/versions/1": {**NEW, "version": "1"},
            "POST /skills/skill_1": LIVE,
        }
    )
    after = updated(SkillAdapter(api), theirs, write(resource(), "version", version="1"))
    assert api.sent == [Sent("POST", "/skills/skill_1", {"default_version": "1"})]
    assert computed_values(SKILL, after) == {"version": "1"}


def test_a_version_that_was_deleted_is_sent_again() -> None:
    api = Recorder(
        {
            "POST /skills/skill_1/versions": {**NEW, "version": "8"},
            "POST /skills/skill_1": {**LIVE, "default_version": "8"},
        }
    )
    after = updated(
        SkillAdapter(api), live(default_version="7"), write(resource(), "version", version="1")
    )
    assert [sent.path for sent in api.sent] == ["/skills/skill_1/versions", "/skills/skill_1"]
    assert computed_values(SKILL, after) == {"version": "8"}


def test_what_is_taken_over_gets_the_content_of_the_manifest() -> None:
    assert live().values["content"] is None


def test_to_ignore_the_content_is_to_leave_versions_to_others() -> None:
    theirs = live(default_version="7")
    ignoring = resource("cd", ignore=("content",), description="Another")
    assert changed(ignoring, theirs, applied()) == []
