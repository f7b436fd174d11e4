"""An import as a whole: nothing twice, nothing over anything, nothing without a word."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.operations.dumps.conftest import CASES, Take, assistant, said, written

from retinue.errors import DumpUnreadable, ManifestError
from retinue.manifest.interpolate import Scope, interpolate
from retinue.manifest.source import parse
from retinue.operations.dumps.drafts import draft_all
from retinue.operations.dumps.json_text import NotJson
from retinue.operations.dumps.known import Known
from retinue.operations.dumps.parcel import pack
from retinue.operations.dumps.records import Haul
from retinue.operations.dumps.sources import read_bytes
from retinue.project import Project

# In pieces, so that no scanner takes it for a key.
KEY = "sk-" + "proj-" + "abcdefghijklmnop0123456789"


def keep(folder: Path, value: Any, name: str = "dump.json") -> Path:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return path


class TestTwice:
    def test_a_second_time_writes_nothing(self, take: Take) -> None:
        names = [path.name for path in sorted(CASES.iterdir())]
        first = take(*names)
        assert first.new == len(first.taken) == 12
        second = take(*names)
        assert (second.files, second.new) == ((), 0)
        assert {each.address for each in second.taken} == {each.address for each in first.taken}

    def test_an_assistant_is_known_by_its_origin_whatever_became_of_it(
        self, take: Take, project: Project, tmp_path: Path
    ) -> None:
        dump = keep(tmp_path, assistant())
        take(dump)
        manifest = project.manifests / "imported/assistant-tutor.yaml"
        text = manifest.read_text("utf-8").replace("Teach.", "Teach well.").replace("tutor:", "x:")
        manifest.unlink()
        keep(project.manifests, text, "team.yaml")
        (again,) = take(dump).taken
        assert (str(again.address), again.declared) == ("assistant.x", "assistants/team.yaml")

    def test_an_assistant_is_known_by_name_and_content(
        self, take: Take, project: Project, tmp_path: Path
    ) -> None:
        project.manifests.mkdir()
        body = "assistants: {mine: {name: Tutor, model: a-model, instructions: Teach.}}"
        keep(project.manifests, body, "team.yaml")
        report = take(keep(tmp_path, assistant()))
        assert (report.files, report.taken[0].declared) == ((), "assistants/team.yaml")

    def test_the_same_name_with_other_content_is_somebody_else(
        self, take: Take, project: Project, tmp_path: Path
    ) -> None:
        project.manifests.mkdir()
        keep(project.manifests, "assistants: {tutor: {name: Tutor, model: other}}", "team.yaml")
        report = take(keep(tmp_path, assistant()))
        assert list(written(report)["assistants"]) == ["tutor-2"]
        assert ("decide", "name") in said(report, "tutor-2")

    def test_a_function_that_is_declared_is_used(
        self, take: Take, project: Project, tmp_path: Path
    ) -> None:
        function = {"name": "look_up", "parameters": {"type": "object", "properties": {}}}
        project.manifests.mkdir()
        keep(project.manifests, json.dumps({"functions": {"mine": function}}), "team.yaml")
        dump = keep(tmp_path, assistant(tools=[{"type": "function", "function": function}]))
        report = take(dump)
        assert written(report)["assistants"]["tutor"]["tools"] == [
            {"type": "function", "function": "mine"}
        ]
        assert not [each for each in report.taken[0].remarks if "there is no" in each.message]


class TestFiles:
    def test_nothing_is_overwritten(self, take: Take, project: Project, tmp_path: Path) -> None:
        folder = project.manifests / "imported/prompts"
        folder.mkdir(parents=True)
        keep(folder, "mine", "tutor.md")
        report = take(keep(tmp_path, assistant(instructions="A long text. " * 40)))
        assert [file.path for file in report.files] == [
            "assistants/imported/prompts/tutor-2.md",
            "assistants/imported/assistant-tutor.yaml",
        ]
        assert (folder / "tutor.md").read_text("utf-8") == "mine"

    def test_a_dry_run_writes_nothing(self, take: Take, project: Project) -> None:
        report = take("second-api.json", dry=True)
        assert report.files
        assert not project.manifests.exists()

    def test_another_folder(self, take: Take, project: Project) -> None:
        inside = take("first-api.json", out=project.manifests / "old")
        assert (inside.files[0].path, inside.outside) == (
            "assistants/old/assistant-math-tutor.yaml",
            False,
        )
        assert take("whole.json", out=project.root / "elsewhere").outside

    def test_a_write_that_fails_leaves_nothing(self, take: Take, project: Project) -> None:
        (project.root / "assistants/imported").mkdir(parents=True)
        (project.root / "assistants/imported/prompts").write_text("in the way", "utf-8")
        with pytest.raises(OSError, match="prompts"):
            take("second-api.json")
        left = [path.name for path in (project.root / "assistants").rglob("*.yaml")]
        assert left == []

    def test_keys_dont_get_into_git(self, take: Take, tmp_path: Path) -> None:
        dump = assistant(name=f"Tutor {KEY}", instructions=f"Use {KEY}.", metadata={"k": KEY})
        report = take(keep(tmp_path, dump))
        assert KEY not in "".join(file.text for file in report.files)
        assert KEY not in str(report)
        (name,) = (each.address.name for each in report.taken)
        assert name == "tutor-redacted"
        assert {("changed", "instructions"), ("changed", "metadata.k")} <= said(report, name)


LOOSE: dict[str, Any] = {  # strict, but with a property that is not required
    "name": "look_up",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"word": {"type": "string"}},
        "required": [],
        "additionalProperties": False,
    },
}


class TestWhatValidateWillSay:
    def test_it_is_said_of_the_assistant_with_the_field(self, take: Take, tmp_path: Path) -> None:
        tool = {"type": "function", "function": LOOSE}
        report = take(keep(tmp_path, assistant(tools=[tool])))
        fields = [
            each.field
            for each in report.taken[0].remarks
            if "must require" in each.message
            and each.targets == ("assistants", "responses", "agents")
        ]
        assert fields
        assert all(field.startswith("tools[0].function.parameters") for field in fields)

    def test_it_is_noted_of_a_function_that_several_share(self, take: Take, tmp_path: Path) -> None:
        tools = [{"type": "function", "function": LOOSE}]
        two = [assistant(tools=tools), assistant(tools=tools, id="asst_2", name="Other")]
        notes = take(keep(tmp_path, two)).notes
        assert [note.origin.file for note in notes if "must require" in note.message] == [
            "functions.yaml"
        ]

    def test_what_is_fine_on_a_target_is_not_held_against_it(
        self, take: Take, tmp_path: Path
    ) -> None:
        report = take(keep(tmp_path, assistant(temperature=0.2, description="Teaches")))
        said_of = {each.field: each.targets for each in report.taken[0].remarks}
        assert (said_of["temperature"], said_of["description"]) == (("agents",), ("agents",))


class TestUnreadable:
    def test_of_a_folder_what_was_not_read_is_named(self, tmp_path: Path, take: Take) -> None:
        folder = tmp_path / "kept"
        (folder / "old").mkdir(parents=True)
        for name in ("b.txt", "a.txt", "old/c.log", ".hidden", "notes.yaml", "list.json"):
            (folder / name).write_text("[]")
        with pytest.raises(DumpUnreadable) as caught:
            take(folder)
        message = str(caught.value)
        assert "kept: there is no assistant in it" in message
        assert f"not read: {', '.join(f'{folder}/{n}' for n in ('a.txt', 'b.txt'))}" in message
        assert f"{folder}/notes.yaml, {folder}/old/c.log" in message
        assert "give others by their own names" in message
        assert ".hidden" not in message
        assert "list.json" not in message

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ('{"object": "list", "data": [\n  {"id": }]}', r"dump\.json: 2:10: not JSON"),
            ('{"id": "asst_1", "object": "assistant",', "ends too early"),
            ("", "the file is empty"),
            ("[]", "there is no assistant in it"),
            ('{"id": "thread_1", "object": "thread"}', "there is no assistant in it"),
            ('{"id": "asst_1", "id": "asst_2"}', "line 1: the key 'id' is given twice"),
            ('{"id": "asst_1", "object": "assistant"}', r"dump\.json: \$: the assistant has no"),
            ('{"object": "assistant", "model": "\\ud83d"}', "half a character"),
            ('{"object": "assistant", "temperature": NaN}', "NaN is no JSON"),
            ("[" * 5000, "nested too deep"),
            ("[" * 150 + "]" * 150, "nested more than 100 levels"),
            ('{"error": {"message": "Not found"}}', "failed request: Not found"),
            ("just words", "no JSON, and shows no object"),
            ("{'id': 'asst_1',\n 'name': 'Tut", "line 1: the objects that it shows break off"),
        ],
    )
    def test_says_what_and_where(
        self, take: Take, project: Project, tmp_path: Path, text: str, words: str
    ) -> None:
        with pytest.raises(DumpUnreadable, match=words):
            take(keep(tmp_path, text))
        assert not project.manifests.exists()

    def test_bytes_that_are_no_text(self, take: Take, tmp_path: Path) -> None:
        path = tmp_path / "dump.json"
        path.write_bytes(b'{"id": "\xff"}')
        with pytest.raises(DumpUnreadable, match="byte 9: this is not UTF-8"):
            take(path)

    def test_all_problems_at_once(self, take: Take, tmp_path: Path) -> None:
        keep(tmp_path, "{", "one.json")
        keep(tmp_path, "[1,", "two.json")
        keep(tmp_path, "a: [", "config.yaml")
        with pytest.raises(DumpUnreadable, match="3 problems"):
            take(tmp_path)

    def test_what_is_read_and_what_is_in_it_are_told_together(
        self, take: Take, project: Project, tmp_path: Path
    ) -> None:
        folder = tmp_path / "kept"
        folder.mkdir()
        keep(folder, "{", "broken.json")
        keep(folder, assistant(model=None), "modelless.json")
        keep(folder, assistant(id="asst_2"), "sound.json")
        (folder / "gone.json").symlink_to(folder / "nowhere.json")
        (folder / "loop.json").symlink_to(folder / "loop.json")
        with pytest.raises(DumpUnreadable) as caught:
            take(folder, tmp_path / "missing.json", tmp_path / "more.json")
        lines = str(caught.value).split("\n")
        assert lines[0] == "6 problems in what was given to import:"
        files = [line.strip().partition(": ")[0] for line in lines if line.startswith("  /")]
        assert [Path(file).name for file in files] == [
            *(
                "broken.json",
                "gone.json",
                "loop.json",
                "missing.json",
                "more.json",
                "modelless.json",
            ),
        ]
        assert "missing.json: No such file or directory" in str(caught.value)
        assert not project.manifests.exists()

    def test_what_is_no_file_is_passed_over(self, take: Take, tmp_path: Path) -> None:
        folder = tmp_path / "kept"
        folder.mkdir()
        os.mkfifo(folder / "pipe.json")
        os.mkfifo(folder / "config.yaml")
        (folder / "zero.json").symlink_to("/dev/zero")
        (folder / "linked").symlink_to(CASES / "tutors")
        keep(folder, assistant(), "sound.json")
        report = take(folder)
        assert [str(each.address) for each in report.taken] == ["assistant.tutor"]
        assert sorted(Path(note.origin.file).name for note in report.notes) == [
            *("config.yaml", "linked", "pipe.json", "zero.json"),
        ]
        assert {note.message for note in report.notes} == {
            "passed over: no regular file",
            "passed over: a link to a folder",
            "passed over: a link that leads out of the folder",
        }

    @pytest.mark.parametrize("named", ["", "config.yaml"])
    def test_no_link_leads_out_of_a_folder(self, take: Take, tmp_path: Path, named: str) -> None:
        secret = keep(tmp_path, "nobody's business", "secret.txt")
        folder = tmp_path / "kept"
        folder.mkdir()
        keep(folder, "model: m\n", "config.yaml")
        (folder / "instructions.txt").symlink_to(secret)
        report = take(folder / named)
        assert "nobody's business" not in str(report)
        notes = [(Path(note.origin.file).name, note.message) for note in report.notes]
        assert ("instructions.txt", "passed over: a link that leads out of the folder") in notes

    def test_a_project_that_is_broken_is_not_added_to(self, take: Take, project: Project) -> None:
        project.manifests.mkdir()
        keep(project.manifests, "assistants: {tutor: {}}", "team.yaml")
        with pytest.raises(ManifestError):
            take("first-api.json")


TEXTS = st.text(max_size=12) | st.sampled_from(["asst_1", "file-a", "vs_1", "function", "${x}"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
KEYS = ("name", "description", "instructions", "tools", "tool_resources", "file_ids", "metadata")
MORE = ("response_format", "temperature", "reasoning_effort", "id", "x")
FUNCTION = st.fixed_dictionaries(
    {"name": TEXTS}, optional={"description": JSON, "parameters": JSON, "strict": JSON}
)
TOOL = st.fixed_dictionaries(
    {"type": st.sampled_from(["code_interpreter", "file_search", "function", "retrieval"])},
    optional={"function": JSON | FUNCTION, "file_search": JSON, "name": JSON},
)
ASSISTANT = st.fixed_dictionaries(
    {"object": st.just("assistant"), "model": st.just("m")},
    optional={**dict.fromkeys(KEYS + MORE, JSON), "tools": st.lists(TOOL | JSON, max_size=3)},
)


class TestOddValues:
    """What somebody kept may hold anything anywhere."""

    def test_files_of_a_store_that_are_none(self, take: Take, tmp_path: Path) -> None:
        given = assistant(
            tools=[{"type": "file_search"}],
            tool_resources={"file_search": {"vector_store_ids": ["vs_1"]}},
        )
        store = {"id": "vs_1", "object": "vector_store", "name": KEY, "file_ids": [{}, 5, "file-1"]}
        report = take(keep(tmp_path, [given, store]))
        (remark,) = (each for each in report.taken[0].remarks if each.kind == "unknown")
        assert remark.message.startswith("vs_1 ([redacted], 1 file: file-1): ")

    def test_tools_of_a_state_that_are_none(self, take: Take, tmp_path: Path) -> None:
        given = {"model": "m", "name": "Jokes", "enable_retrieval": True, "tools": 1.5}
        resource = {"type": "openai_assistant", "name": "jokes"}
        state = {
            "version": 4,
            "terraform_version": "1.5.7",
            "resources": [{**resource, "instances": [{"attributes": given}]}],
        }
        report = take(keep(tmp_path, state))
        assert written(report)["assistants"]["jokes"]["tools"] == [{"type": "file_search"}]

    def test_a_name_that_is_a_key(self, take: Take, tmp_path: Path) -> None:
        report = take(keep(tmp_path, {"all": {KEY: {"model": "m"}}}))
        assert [each.address.name for each in report.taken] == ["redacted"]


class TestAnything:
    @given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
    def test_no_bytes_crash_a_reader(self, data: bytes) -> None:
        with contextlib.suppress(NotJson):
            read_bytes(Haul(), "dump.json", data)

    @given(JSON)
    def test_no_json_crashes_a_reader(self, value: Any) -> None:
        with contextlib.suppress(NotJson):  # text strategies make halves of characters
            read_bytes(Haul(), "dump.json", json.dumps(value).encode())

    @settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(ASSISTANT)
    def test_whatever_an_assistant_holds_its_manifest_reads_back(self, value: Any) -> None:
        haul = Haul()
        try:
            read_bytes(haul, "dump.json", json.dumps(value).encode())
        except NotJson:
            return
        drafts = draft_all(haul, Known())
        assert (len(drafts.new), drafts.flaws) == (1, [])
        parcel = pack(drafts, {}, lambda folder, stem, ending: f"{folder}{stem}{ending}")
        for file in parcel.files:
            if file.path.endswith(".yaml"):
                document = parse(file.text, file.path)
                assert not document.broken, document.problems
        if not isinstance(drafts.new[0].body.get("instructions"), dict):
            read = interpolate(parse(parcel.files[-1].text, ""), Scope({}))
            assert (read.value, read.problems) == (drafts.new[0].document, ())
