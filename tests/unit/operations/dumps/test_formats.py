"""What comes of each format: manifests that say what the source said, and what was lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.operations.dumps.conftest import CASES, Take, assistant, said, written

from retinue.errors import DumpUnreadable
from retinue.manifest.compose import load
from retinue.manifest.schema_project import TARGETS
from retinue.operations.dumps.report import Report
from retinue.project import Project

QUIZ = {
    "name": "display_quiz",
    "description": "Displays a quiz to the student.",
    "parameters": {"type": "object", "properties": {}},
}


def keep(folder: Path, value: Any, name: str = "dump.json") -> Path:
    """A file with ``value`` as JSON; a text as it is."""
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return path


def names(report: Report) -> list[str]:
    return [each.address.name for each in report.taken]


class TestFirstApi:
    def test_retrieval_becomes_file_search_in_a_store_of_its_own(self, take: Take) -> None:
        report = take("first-api.json")
        sections = written(report)
        tools = sections["assistants"]["math-tutor"]["tools"]
        file = {"id": "file-AlgebraNotes000000000000"}
        assert tools[0] == {"type": "code_interpreter", "files": [file]}
        assert tools[1] == {"type": "file_search", "vector_store": "math-tutor-files"}
        assert sections["vector_stores"] == {"math-tutor-files": {"files": [file]}}
        assert {("changed", "tools[1]"), ("changed", "file_ids")} <= said(report, "math-tutor")

    def test_what_the_platform_decides_is_dropped_and_said(self, take: Take) -> None:
        assert ("dropped", "id, object, created_at") in said(take("first-api.json"), "math-tutor")

    def test_files_that_no_tool_reads_are_said(self, take: Take, tmp_path: Path) -> None:
        report = take(keep(tmp_path, assistant(file_ids=["file-a"])))
        assert ("dropped", "file_ids") in said(report, "tutor")
        assert "tools" not in written(report)["assistants"]["tutor"]

    def test_retrieval_without_files_needs_a_store_on_responses(
        self, take: Take, tmp_path: Path
    ) -> None:
        report = take(keep(tmp_path, assistant(tools=[{"type": "retrieval"}], file_ids=[])))
        assert written(report)["assistants"]["tutor"]["tools"] == [{"type": "file_search"}]
        (remark,) = [r for r in report.taken[0].remarks if "vector_store" in r.message]
        assert (remark.kind, remark.targets) == ("decide", ("responses",))


class TestDefaults:
    """What the API filled in says nothing, and is left out; that it is, is said."""

    def test_they_are_said_in_one_line(self, take: Take, tmp_path: Path) -> None:
        ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
        search = {"type": "file_search", "file_search": {"ranking_options": ranking}}
        given = {"temperature": 1.0, "top_p": 1.0, "response_format": "auto", "tools": [search]}
        report = take(keep(tmp_path, assistant(**given)))
        fields = "temperature, top_p, response_format, tools.file_search.ranking_options"
        (remark,) = (each for each in report.taken[0].remarks if "default" in each.message)
        assert (remark.kind, remark.field) == ("dropped", fields)
        assert remark.message == "the API's defaults, which hold without them"
        body = written(report)["assistants"]["tutor"]
        assert body == {
            "name": "Tutor",
            "model": "a-model",
            "instructions": "Teach.",
            "tools": [{"type": "file_search"}],
        }

    def test_what_is_no_default_is_kept(self, take: Take, tmp_path: Path) -> None:
        report = take(keep(tmp_path, assistant(temperature=0.5, top_p=1)))
        (remark,) = (each for each in report.taken[0].remarks if "default" in each.message)
        assert remark.field == "top_p"
        assert written(report)["assistants"]["tutor"]["temperature"] == 0.5

    def test_a_marker_is_not_taken_over(self, take: Take, tmp_path: Path) -> None:
        report = take(keep(tmp_path, assistant(metadata={"retinue": "v1 x", "team": "a"})))
        assert ("dropped", "metadata.retinue") in said(report, "tutor")
        assert written(report)["assistants"]["tutor"]["metadata"] == {"team": "a"}


class TestSecondApi:
    def test_everything_that_a_manifest_can_say(self, take: Take) -> None:
        sections = written(take("second-api.json"))
        assert sections["assistants"]["math-tutor"] == {
            "name": "Math Tutor",
            "model": "gpt-4o",
            "description": "Helps with homework",
            "instructions": {"file": "prompts/math-tutor.md"},
            "temperature": 0.3,
            "tools": [
                {"type": "code_interpreter", "files": [{"id": "file-Exercises000000000000000"}]},
                {
                    "type": "file_search",
                    "vector_store": {"id": "vs_CourseNotes0000000000000"},
                    "max_num_results": 8,
                },
                {"type": "function", "function": "display-quiz"},
            ],
        }
        grader = sections["assistants"]["grader"]
        assert grader["reasoning_effort"] == "high"
        assert grader["response_format"]["json_schema"]["strict"] is True
        assert "description" not in grader["response_format"]["json_schema"]

    def test_a_function_of_several_is_declared_once(self, take: Take) -> None:
        assert written(take("second-api.json"))["functions"] == {"display-quiz": QUIZ}

    def test_long_instructions_are_a_prompt_that_is_not_interpolated(
        self, take: Take, project: Project
    ) -> None:
        take("second-api.json")
        text = (project.manifests / "imported/prompts/math-tutor.md").read_text("utf-8")
        assert "Write $${formula} as the student does.\n" in text
        (tutor,) = [each for a, each in load(project).resources.items() if a.name == "math-tutor"]
        composed = tutor.fields["instructions"]  # type: ignore[union-attr]
        page = json.loads((CASES / "second-api.json").read_text("utf-8"))
        assert composed == page["data"][0]["instructions"].rstrip("\n")

    def test_a_name_with_accents_makes_an_address_without(self, take: Take, tmp_path: Path) -> None:
        assert names(take(keep(tmp_path, assistant(name="Élève 数学")))) == ["eleve"]

    def test_unknown_fields_are_said_without_their_values(self, take: Take, tmp_path: Path) -> None:
        report = take(keep(tmp_path, assistant(color="#123456", tools=[{"type": "browser"}])))
        assert {("dropped", "color"), ("dropped", "tools[0]")} <= said(report, "tutor")
        assert ("dropped", "tools[0].type") not in said(report, "tutor")
        assert not any("#123456" in each.message for each in report.taken[0].remarks)

    def test_only_one_vector_store_stays(self, take: Take, tmp_path: Path) -> None:
        resources = {"file_search": {"vector_store_ids": ["vs_1", "vs_2"]}}
        tools = [{"type": "file_search"}]
        report = take(keep(tmp_path, assistant(tools=tools, tool_resources=resources)))
        (tool,) = written(report)["assistants"]["tutor"]["tools"]
        assert tool["vector_store"] == {"id": "vs_1"}
        assert ("dropped", "tools.file_search.vector_store") in said(report, "tutor")

    def test_the_sixteenth_pair_of_metadata_makes_room_for_the_marker(
        self, take: Take, tmp_path: Path
    ) -> None:
        metadata = {f"key{number:02}": "x" for number in range(16)}
        report = take(keep(tmp_path, assistant(metadata=metadata)))
        assert ("dropped", "metadata.key15") in said(report, "tutor")

    def test_the_body_of_a_request_with_a_vector_store_in_it(
        self, take: Take, tmp_path: Path
    ) -> None:
        resources = {"file_search": {"vector_stores": [{"file_ids": ["file-a"]}]}}
        body = {"model": "m", "tools": [{"type": "file_search"}], "tool_resources": resources}
        sections = written(take(keep(tmp_path, body)))
        assert sections["vector_stores"] == {"assistant-files": {"files": [{"id": "file-a"}]}}


class TestSeveral:
    def test_json_lines_and_pages_one_after_another(self, take: Take, tmp_path: Path) -> None:
        page = {"object": "list", "data": [assistant()], "has_more": False}
        lines = [json.dumps(assistant(id=f"asst_{n}", name=f"T{n}")) for n in (2, 3)]
        text = "\n".join([json.dumps(page, indent=1), *lines])
        assert names(take(keep(tmp_path, text))) == ["tutor", "t2", "t3"]

    def test_by_name_as_a_script_keeps_them(self, take: Take, tmp_path: Path) -> None:
        path = keep(tmp_path, {"Old Tutor": {"model": "m", "instructions": "Teach."}})
        assert names(take(path)) == ["old-tutor"]

    def test_the_last_of_several_versions_counts(self, take: Take, tmp_path: Path) -> None:
        path = keep(tmp_path, [assistant(), assistant(model="later")])
        report = take(path)
        assert written(report)["assistants"]["tutor"]["model"] == "later"
        assert ("changed", "") in said(report, "tutor")

    def test_a_page_that_is_not_the_last(self, take: Take, tmp_path: Path) -> None:
        page = {"object": "list", "data": [assistant()], "has_more": True}
        notes = [note.message for note in take(keep(tmp_path, page)).notes]
        assert any("assistants may be missing" in note for note in notes)

    def test_a_dump_says_what_is_in_the_stores(self, take: Take) -> None:
        report = take("whole.json")
        (remark,) = [each for each in report.taken[0].remarks if each.kind == "unknown"]
        store = "vs_Handbook00000000000000 (Handbook, 2 files, among them rules.md)"
        assert store in remark.message
        assert [note.message for note in report.notes] == [
            "passed over: 'exported_at' of the dump (1)",
            "passed over: 'threads' of the dump (1)",
        ]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_what_windows_writes(self, take: Take, tmp_path: Path, encoding: str) -> None:
        path = tmp_path / "dump.json"
        path.write_bytes(json.dumps(assistant(name="Größe"), ensure_ascii=False).encode(encoding))
        assert written(take(path))["assistants"]["grosse"]["name"] == "Größe"


class TestNotebook:
    def test_what_a_text_shows(self, take: Take) -> None:
        report = take("notebook.txt")
        tutor = written(report)["assistants"]["math-tutor"]
        assert tutor["instructions"] == "You are a tutor. Don't hurry."
        assert tutor["tools"] == [{"type": "code_interpreter"}]
        assert [(note.origin.at, note.message) for note in report.notes] == [
            ("line 38", "passed over: an object that breaks off, or is none"),
        ]

    def test_a_notebook_file(self, take: Take, tmp_path: Path) -> None:
        shown = {"output_type": "display_data", "data": {"text/plain": [repr(assistant())]}}
        raw = {"output_type": "display_data", "data": {"application/json": assistant(id="asst_2")}}
        cells = [{"cell_type": "code", "source": [], "outputs": [shown, raw]}]
        path = keep(tmp_path, {"nbformat": 4, "metadata": {}, "cells": cells}, "book.ipynb")
        assert names(take(path)) == ["tutor", "tutor-2"]

    def test_nothing_is_evaluated(self, take: Take, tmp_path: Path) -> None:
        trap = tmp_path / "trap"
        text = f"{{'id': 'asst_1', 'object': 'assistant', 'model': open({str(trap)!r}, 'w').name}}"
        with pytest.raises(DumpUnreadable):
            take(keep(tmp_path, text, "book.txt"))
        assert not trap.exists()


class TestTerraform:
    def test_blocks_and_json_in_texts(self, take: Take) -> None:
        report = take("blocks.tfstate")
        body = written(report)["assistants"]["customer-support"]
        assert "description" not in body
        assert [tool["type"] for tool in body["tools"]] == [
            *("code_interpreter", "file_search", "function")
        ]
        assert body["tools"][2]["function"]["parameters"]["properties"] == {
            "title": {"type": "string"}
        }
        messages = " ".join(each.message for each in report.taken[0].remarks)
        assert "(./data/prices.csv)" in messages
        assert "(Knowledge, 1 file: ./data/prices.csv)" in messages

    def test_the_files_of_a_store_are_named_and_looked_for(
        self, take: Take, tmp_path: Path
    ) -> None:
        """A state says where they were uploaded from: whoever has them need not search."""
        (tmp_path / "docs").mkdir()
        keep(tmp_path / "docs", "Questions.", "faq.md")
        files = {"file-1": "docs/faq.md", "file-2": "docs/gone.md"}
        resources = [
            {
                "type": "openai_assistant",
                "name": "help",
                "instances": [
                    {
                        "attributes": {
                            "id": "asst_1",
                            "model": "m",
                            "tools": [{"type": "file_search"}],
                            "tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}},
                        }
                    }
                ],
            },
            {
                "type": "openai_vector_store",
                "name": "kb",
                "instances": [
                    {"attributes": {"id": "vs_1", "name": "kb", "file_ids": [*files, "file-3"]}}
                ],
            },
            *(
                {
                    "type": "openai_file",
                    "name": object_id,
                    "instances": [{"attributes": {"id": object_id, "filepath": path}}],
                }
                for object_id, path in files.items()
            ),
        ]
        state = {"version": 4, "terraform_version": "1.7.0", "resources": resources}
        report = take(keep(tmp_path, state, "old.tfstate"))
        (remark,) = (each for each in report.taken[0].remarks if each.kind == "unknown")
        assert remark.message.startswith(
            "vs_1 (kb, 3 files: docs/faq.md, docs/gone.md, file-3): on the old platform, "
        )
        assert remark.message.endswith(
            "; found beside the state: docs/faq.md; not found: docs/gone.md"
        )

    def test_nested_attributes_modules_and_instances(self, take: Take) -> None:
        report = take("nested.tfstate")
        (taken,) = report.taken
        assert taken.address.name == "tutor-math"
        assert taken.origin.at == 'module.school.openai_assistant.tutor["math"]'
        assert {note.origin.at for note in report.notes} == {
            "module.school.openai_assistant.tutor",
            "data.openai_assistant.other",
        }

    def test_switches_and_files_beside_the_assistant(self, take: Take) -> None:
        sections = written(take("switches.tfstate"))
        assert sections["assistants"]["jokes"]["tools"] == [
            {"type": "file_search", "vector_store": "jokes-files"}
        ]
        assert sections["vector_stores"]["jokes-files"]["files"] == [
            {"id": "file-JokeBook000000000000000"}
        ]

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ({"version": 3, "terraform_version": "0.11.0"}, "version 3"),
            ({"encrypted_data": "x", "meta": {}}, "encrypted"),
        ],
    )
    def test_states_that_cant_be_read(
        self, take: Take, tmp_path: Path, state: Any, words: str
    ) -> None:
        with pytest.raises(DumpUnreadable, match=words):
            take(keep(tmp_path, state, "old.tfstate"))


class TestFolders:
    def test_a_folder_for_each_assistant(self, take: Take) -> None:
        report = take("tutors")
        found = written(report)["assistants"]
        assert found["history-tutor"]["instructions"].startswith("You are a history tutor.\n")
        assert found["history-tutor"]["tools"][1]["function"]["name"] == "show_map"
        assert found["chemistry"]["instructions"] == "# Chemistry\n\nStay safe."
        assert ("dropped", "owner") in said(report, "history-tutor")

    def test_one_folder_of_pairs(self, take: Take) -> None:
        report = take("pairs")
        found = written(report)["assistants"]
        assert {name: each["instructions"] for name, each in found.items()} == {
            "poet": "Write poems.",
            "reporter": "Write reports.",
        }
        assert [Path(note.origin.file).name for note in report.notes] == ["reporter.txt"]

    def test_one_config_of_several(self, take: Take, tmp_path: Path) -> None:
        config = (
            "assistants:\n"
            "  poet: {model: m, instructions_file: texts/poet.md}\n"
            "  critic: {model: m, instructions: Judge.}\n"
        )
        path = keep(tmp_path, config, "config.yaml")
        (tmp_path / "texts").mkdir()
        keep(tmp_path / "texts", "Write.\n", "poet.md")
        found = written(take(path))["assistants"]
        assert (found["poet"]["instructions"], found["critic"]["instructions"]) == (
            "Write.",
            "Judge.",
        )

    def test_a_config_reads_nothing_outside_of_its_folder(self, take: Take, tmp_path: Path) -> None:
        keep(tmp_path, "secret", "outside.txt")
        (tmp_path / "inner").mkdir()
        config = keep(
            tmp_path / "inner", "{model: m, instructions_file: ../outside.txt}", "config.yaml"
        )
        with pytest.raises(DumpUnreadable, match=r"no file '\.\./outside\.txt'"):
            take(config)


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_what_is_written_can_be_loaded_on_every_target(
    take: Take, project: Project, name: str
) -> None:
    report = take(name)
    for target in TARGETS:
        assert len(load(project, target=target).resources) >= len(report.taken)
