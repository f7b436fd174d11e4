"""The turn itself, with a scripted model, search and interpreter: loop, tools, citations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest
from tests.unit.local.scripted import ScriptedModel, calls, says

from retinue.local.turns import events
from retinue.local.turns.citations import Citer, mark
from retinue.local.turns.echo import EchoModel
from retinue.local.turns.engine import run_turn
from retinue.local.turns.events import Citation, Ended, Event, FileLink
from retinue.local.turns.items import (
    Answered,
    CodeInterpreter,
    FileRef,
    FileSearch,
    Function,
    Hit,
    Logs,
    Made,
    Said,
    Settings,
    Turn,
    Usage,
    Words,
)
from retinue.local.turns.ports import CallChunk, EndChunk, Model, TextChunk, TurnFailed, World

pytestmark = pytest.mark.anyio

PAPER = Hit("file-1", "gpt2.pdf", "vs_1", 0.9, "Language models are multitask learners.")
USER = (Said("user", (Words("What does it say?"),)),)


class Shelf:
    """A search that finds the paper, whatever it is asked."""

    def __init__(self, *hits: Hit) -> None:
        self.hits = hits or (PAPER,)
        self.queries: list[str] = []

    async def find(self, query: str, tool: FileSearch) -> Sequence[Hit]:
        self.queries.append(query)
        return self.hits[: tool.limit]


class Desk:
    """An interpreter that gives what it was told to give."""

    def __init__(self, *outputs: Logs | Made) -> None:
        self.outputs = outputs
        self.codes: list[str] = []

    async def execute(self, code: str, files: Sequence[FileRef]) -> Sequence[Logs | Made]:
        self.codes.append(code)
        assert not files
        if not self.outputs:
            raise TurnFailed("there is no sandbox")
        return self.outputs


async def happened(
    model: Model, turn: Turn, *, shelf: Shelf | None = None, desk: Desk | None = None
) -> list[Event]:
    numbers = count()
    world = World(
        model, shelf or Shelf(), desk or Desk(), lambda prefix: f"{prefix}{next(numbers)}"
    )
    return [event async for event in run_turn(turn, world)]


def ended(seen: list[Event]) -> Ended:
    assert isinstance(seen[-1], Ended)
    assert not any(isinstance(event, Ended) for event in seen[:-1])
    return seen[-1]


def closed(seen: list[Event]) -> events.MessageClosed:
    return next(event for event in reversed(seen) if isinstance(event, events.MessageClosed))


async def test_a_search_is_cited() -> None:
    model = ScriptedModel(
        calls(("file_search", {"query": "thesis"}), usage=Usage(10, 5)),
        says("They learn 【0:", "0†gpt2.pdf】 many【9:9†no】 tasks.", usage=Usage(30, 8)),
    )
    shelf = Shelf()
    seen = await happened(model, Turn("m", history=USER, tools=(FileSearch(),)), shelf=shelf)
    assert shelf.queries == ["thesis"]
    message = closed(seen)
    assert message.text == "They learn 【0:0†gpt2.pdf】 many【9:9†no】 tasks."
    (citation,) = message.annotations
    assert citation == Citation(11, 25, "【0:0†gpt2.pdf】", "file-1", "gpt2.pdf")
    assert message.text[citation.start : citation.end] == citation.text
    pieces = [event.text for event in seen if isinstance(event, events.TextAdded)]
    assert pieces == ["They learn ", "【0:0†gpt2.pdf】 many【9:9†no】 tasks."]
    assert ended(seen).usage == Usage(40, 13)
    told = model.asks[1].history[-1]
    assert isinstance(told, Answered)
    assert told.output.startswith("【0:0†gpt2.pdf】\nLanguage models")


async def test_without_marks_a_citation_is_a_place() -> None:
    model = ScriptedModel(
        calls(("file_search", {"query": "x"})), says("Many【0:0†gpt2.pdf】 tasks.")
    )
    seen = await happened(model, Turn("m", history=USER, tools=(FileSearch(),), marks=False))
    assert closed(seen).text == "Many tasks."
    (citation,) = closed(seen).annotations
    assert (citation.start, citation.end) == (4, 4)


async def test_code_runs_and_its_files_are_linked_and_shown() -> None:
    plot, table = Made("file-p", "plot.png", image=True), Made("file-t", "t.csv", image=False)
    model = ScriptedModel(
        calls(("python", {"code": "print(1)"})), says("See [it](sandbox:/mnt/data/t.csv).")
    )
    desk = Desk(Logs("1"), plot, table)
    seen = await happened(model, Turn("m", history=USER, tools=(CodeInterpreter(),)), desk=desk)
    assert desk.codes == ["print(1)"]
    message = closed(seen)
    assert message.images == (plot,)
    (link,) = message.annotations
    assert isinstance(link, FileLink)
    assert message.text[link.start : link.end] == "sandbox:/mnt/data/t.csv"
    assert [type(event).__name__ for event in seen] == [
        *("GroupOpened", "CallOpened", "CallGrew", "CallGrew", "CallReady", "CallDone"),
        *("GroupClosed", "MessageOpened", "TextAdded", "TextAdded", "MessageClosed", "Ended"),
    ]


async def test_without_a_sandbox_the_turn_fails() -> None:
    model = ScriptedModel(calls(("python", {"code": "1"})))
    seen = await happened(model, Turn("m", history=USER, tools=(CodeInterpreter(),)))
    assert (ended(seen).status, ended(seen).message) == ("failed", "there is no sandbox")


async def test_server_tools_run_before_functions_stop_the_turn() -> None:
    model = ScriptedModel(calls(("quiz", {}), ("file_search", {"query": "x"})))
    tools = (FileSearch(), Function("quiz"))
    seen = await happened(model, Turn("m", history=USER, tools=tools))
    end = ended(seen)
    assert (end.status, [call.name for call in end.pending]) == ("requires_action", ["quiz"])
    group = next(event for event in seen if isinstance(event, events.GroupClosed))
    assert [call.output is None for call in group.calls] == [True, False]


async def test_a_function_may_have_a_built_in_tools_name() -> None:
    model = ScriptedModel(calls(("file_search", {"q": 1})))
    tools = (Function("file_search"), FileSearch(), CodeInterpreter())
    seen = await happened(model, Turn("m", history=USER, tools=tools))
    assert ended(seen).status == "requires_action"
    names = [each.name for each in model.asks[0].tools]
    assert names == ["file_search", "builtin_file_search", "python"]


async def test_one_call_at_a_time() -> None:
    model = ScriptedModel(calls(("quiz", {"n": 1}), ("quiz", {"n": 2})))
    turn = Turn("m", history=USER, tools=(Function("quiz"),), settings=Settings(parallel=False))
    assert [call.arguments for call in ended(await happened(model, turn)).pending] == ['{"n": 1}']


async def test_words_after_a_call_are_not_lost() -> None:
    model = ScriptedModel(
        [CallChunk(0, "quiz", "{}"), TextChunk("late"), EndChunk("tool_calls", Usage(1, 1))]
    )
    seen = await happened(model, Turn("m", history=USER, tools=(Function("quiz"),)))
    assert closed(seen).text == "late"
    assert ended(seen).status == "requires_action"


async def test_a_model_without_end_is_stopped() -> None:
    model = ScriptedModel(*(calls(("file_search", {"query": "x"})) for _ in range(70)))
    seen = await happened(model, Turn("m", history=USER, tools=(FileSearch(),)))
    assert ended(seen).status == "failed"
    assert "64 times" in (ended(seen).message or "")


async def test_calls_are_limited() -> None:
    model = ScriptedModel(calls(("file_search", {"query": "x"})))
    turn = Turn("m", history=USER, tools=(FileSearch(),), settings=Settings(most_calls=1))
    await happened(model, turn)
    assert [len(ask.tools) for ask in model.asks] == [1, 0]


async def test_usage_is_estimated_where_nobody_counts() -> None:
    seen = await happened(ScriptedModel(says("four" * 10)), Turn("m", history=USER))
    assert ended(seen).usage == Usage(9, 10)


@pytest.mark.parametrize("arguments", ['{"query": "x"}', "x", '"x"', '{"q": "x"}'])
async def test_arguments_in_any_dress(arguments: str) -> None:
    shelf = Shelf()
    model = ScriptedModel(calls(("file_search", arguments)))
    await happened(model, Turn("m", history=USER, tools=(FileSearch(),)), shelf=shelf)
    assert shelf.queries == ["x"]


async def test_the_echo_model_says_what_it_is() -> None:
    seen = await happened(EchoModel(), Turn("gpt-4o", history=USER))
    assert "echo model of Retinue's embedded platform" in closed(seen).text
    assert closed(seen).text.endswith("You said: What does it say?")


async def test_the_echo_model_shows_what_a_search_finds() -> None:
    shelf = Shelf()
    seen = await happened(
        EchoModel(), Turn("gpt-4o", history=USER, tools=(FileSearch(),)), shelf=shelf
    )
    assert shelf.queries == ["What does it say?"]
    assert "multitask learners" in closed(seen).text
    (citation,) = closed(seen).annotations
    assert citation.file_id == "file-1"


def test_a_bracket_that_becomes_no_mark_is_passed_on() -> None:
    citer = Citer({}, ())
    assert citer.feed("a【") == ("a", ())
    assert citer.feed("x" * 300)[0] == "【" + "x" * 300
    assert citer.feed("【1")[0] == ""
    assert citer.end() == ("【1", ())
    assert mark(1, 2, "n") == "【1:2†n】"
