"""What responses say: citations and tools."""

from __future__ import annotations

from typing import Any

from tests.unit.talk.response_wires import (
    BEGUN,
    END,
    INTERPRETER,
    SEARCH,
    ask,
    cite,
    done,
    message,
    noted,
    party,
    said,
    told,
    wire_of,
)

from retinue.errors import NotFound
from retinue.talk.events import Source


class TestCitations:
    def text(self, *events: Any, whom: Any = None) -> tuple[str, tuple[Source, ...]]:
        gone = {"GET /files/file-2": NotFound("gone")}
        answer = ask(wire_of([BEGUN, *events], answers=gone), party=whom or party(SEARCH))
        return answer.text, answer.sources

    def test_marks_stand_where_the_platform_says(self) -> None:
        notes = cite("file-2", 5), cite("file-1", 3)
        whole = done(message("So it is.", *notes))
        text, sources = self.text(said("So it is."), noted(notes[0]), noted(notes[1]), whole, END)
        assert text == "So [1]it[2] is."
        assert sources == (
            Source("file-1", "paper.pdf", "file.paper"),
            Source("file-2", "n.md"),
        )

    def test_also_where_nothing_was_streamed(self) -> None:
        text, _ = self.text(told("completed", message("So it is.", cite("file-1", 5))))
        assert text == "So it[1] is."

    def test_a_place_that_has_been_told_has_no_mark(self) -> None:
        text, sources = self.text(said("So "), said("it is."), noted(cite("file-1", 1)), END)
        assert (text, len(sources)) == ("So it is.", 1)

    def test_json_is_left_alone(self) -> None:
        form = {"format": {"type": "json_schema", "name": "a", "schema": {}}}
        end = told("completed", message("{}", cite("file-1", 1)))
        assert self.text(end, whom=party(SEARCH, text=form))[0] == "{}"

    def test_pages(self) -> None:
        page = {"type": "url_citation", "url": "https://a.example/b", "title": "A page"}
        _, sources = self.text(told("completed", message("So it is.", page)))
        assert sources == (Source("", "A page", url="https://a.example/b"),)


class TestSteps:
    def step(self, item: dict[str, Any]) -> Any:
        common = {"id": "i_1", "status": "completed"}
        begins = {"type": "response.output_item.added", "item": common | item}
        answer = ask(wire_of([BEGUN, begins, done(common | item), END]))
        return next(iter(answer.steps), None)

    def test_a_search_says_what_files_are_called(self) -> None:
        hit = {"file_id": "file-4", "filename": "four.md", "score": 0.5, "text": "T"}
        found = self.step({"type": "file_search_call", "queries": ["q"], "results": [hit]}).found
        assert (found[0].source, found[0].text) == (Source("file-4", "four.md"), "T")

    def test_results_and_outputs_are_asked_for(self) -> None:
        wire = wire_of([BEGUN, END])
        ask(wire, party=party(SEARCH, INTERPRETER))
        assert wire.bodies[-1]["include"] == [
            "code_interpreter_call.outputs",
            "file_search_call.results",
        ]

    def test_code(self) -> None:
        outputs = [{"type": "logs", "logs": "42\n"}, {"type": "image", "url": "data:image/png,"}]
        step = self.step({"type": "code_interpreter_call", "code": "run()", "outputs": outputs})
        assert (step.kind, step.input, step.output) == (
            "code_interpreter",
            "run()",
            "42\n[image]",
        )

    def test_a_tool_of_a_server(self) -> None:
        item = {"type": "mcp_call", "server_label": "repo", "name": "read", "arguments": "{}"}
        step = self.step({**item, "output": "text", "error": {"message": "late"}})
        assert (step.name, step.input, step.output, step.error) == (
            "repo.read",
            "{}",
            "text",
            "late",
        )

    def test_a_search_of_the_web(self) -> None:
        action = {"type": "search", "query": "q", "queries": ["q", "r"]}
        step = self.step({"type": "web_search_call", "action": action})
        assert (step.kind, step.name, step.input) == ("other", "web_search", "q; r")

    def test_what_is_no_news(self) -> None:
        assert self.step({"type": "reasoning", "summary": []}) is None
        assert self.step({"type": "mcp_list_tools", "server_label": "repo", "tools": []}) is None
        assert self.step({"type": "mcp_list_tools", "error": "no such server"}).error
