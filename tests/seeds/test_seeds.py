"""The documents that Retinue was asked for, driven whole with the official SDK over HTTP.

Three of them speak the first version of the Assistants API, two the second. What a document shows
of an object is compared with what the platform shows, but for IDs, times and counts.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.seeds import notebook as cells
from tests.seeds import parts
from tests.seeds.model_server import ModelServer
from tests.seeds.notebook import Notebook, show_json

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    # Today's SDK knows no "retrieval" and says so when it shows one.
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
]

Opened = Callable[[int], Notebook]

FIRST_ASSISTANT = {
    *("id", "created_at", "description", "file_ids", "instructions", "metadata", "model"),
    *("name", "object", "tools"),
}
FIRST_MESSAGE = {
    *("id", "assistant_id", "content", "created_at", "file_ids", "metadata", "object", "role"),
    *("run_id", "thread_id"),
}
FIRST_RUN = {
    *("id", "assistant_id", "cancelled_at", "completed_at", "created_at", "expires_at"),
    *("failed_at", "file_ids", "instructions", "last_error", "metadata", "model", "object"),
    *("required_action", "started_at", "status", "thread_id", "tools"),
}


def sent(shown: dict[str, Any], raw: set[str]) -> dict[str, Any]:
    """What the server sent: the SDK of today shows fields of today, which are all empty."""
    assert raw <= set(shown)
    assert not [key for key, value in shown.items() if key not in raw and value is not None]
    return {key: shown[key] for key in raw}


def first_generation(book: Notebook, model: str, folder: Path) -> None:
    """The notebook of November 2023, in the first version's shapes."""
    assistant = sent(parts.math_tutor(book, model), FIRST_ASSISTANT)
    assert (assistant["file_ids"], assistant["tools"]) == ([], [])
    thread, message, run = parts.first_questions(book)
    sent(thread, {"id", "created_at", "metadata", "object"})
    assert sent(message, FIRST_MESSAGE)["file_ids"] == []
    run = sent(run, FIRST_RUN)
    assert run["expires_at"] == run["created_at"] + 600
    parts.concurrent_users(book)
    assistant = sent(parts.code_interpreter(book), FIRST_ASSISTANT)
    assert assistant["tools"] == [{"type": "code_interpreter"}]
    retrieval(book, folder)
    waiting = sent(parts.quiz(book), FIRST_RUN)
    assert [tool["type"] for tool in waiting["tools"]] == [
        *("code_interpreter", "retrieval", "function")
    ]
    assert len(waiting["file_ids"]) == 1


def retrieval(book: Notebook, folder: Path) -> None:
    """Retrieval over an assistant's own files, then the quiz function beside it."""
    file_id = parts.upload_paper(book, folder)
    tools: Any = [{"type": "code_interpreter"}, {"type": "retrieval"}]
    assistant = book.client.beta.assistants.update(
        book.assistant_id, tools=tools, extra_body={"file_ids": [file_id]}
    )
    shown = sent(show_json(assistant), FIRST_ASSISTANT)
    assert (shown["file_ids"], shown["tools"]) == ([file_id], tools)
    message = parts.paper_question(book)
    if message is not None:
        (citation,) = message.content[0].text.annotations
        assert citation.file_citation.file_id == file_id
    function: Any = {"type": "function", "function": cells.FUNCTION_JSON}
    assistant = book.client.beta.assistants.update(book.assistant_id, tools=[*tools, function])
    shown = sent(show_json(assistant), FIRST_ASSISTANT)
    assert shown["tools"][2]["function"].pop("strict") is None  # today's SDK shows it
    assert (shown["file_ids"], shown["tools"]) == ([file_id], [*tools, function])


def test_seed_000_the_cookbook_of_2023(
    notebook: Opened, model_server: ModelServer, tmp_path: Path
) -> None:
    first_generation(notebook(1), "gpt-4-1106-preview", tmp_path)
    assert {body["model"] for body in model_server.requests} == {"gpt-4-1106-preview"}
    assert {body["messages"][0]["content"] for body in model_server.requests} == {cells.MATH_TUTOR}


def test_seed_003_the_same_as_a_printed_page(notebook: Opened, tmp_path: Path) -> None:
    first_generation(notebook(1), "gpt-4-1106-preview", tmp_path)


def test_seed_004_the_same_in_a_colab(notebook: Opened, tmp_path: Path) -> None:
    first_generation(notebook(1), "gpt-3.5-turbo-1106", tmp_path)


def test_seed_001_with_agentops(notebook: Opened, tmp_path: Path) -> None:
    """All of it but the AgentOps session, which is the tracing's business."""
    book = notebook(2)
    parts.math_tutor(book, "gpt-4o-mini")
    parts.first_questions(book)
    parts.code_interpreter(book)
    file_id = parts.upload_paper(book, tmp_path)
    assistant = book.client.beta.assistants.update(
        book.assistant_id,
        tools=[{"type": "code_interpreter"}],
        tool_resources={"code_interpreter": {"file_ids": [file_id]}},
    )
    assert show_json(assistant)["tool_resources"]["code_interpreter"] == {"file_ids": [file_id]}
    _, run, _ = book.ask(cells.PAPER)
    assert run.status == "completed"
    function: Any = {"type": "function", "function": cells.FUNCTION_JSON}
    book.client.beta.assistants.update(
        book.assistant_id, tools=[{"type": "code_interpreter"}, function]
    )
    parts.quiz(book)


def test_seed_002_the_cookbook_of_2025(
    notebook: Opened, model_server: ModelServer, tmp_path: Path
) -> None:
    book = notebook(2)
    assistant = parts.math_tutor(book, "gpt-4o")
    assert (assistant["temperature"], assistant["response_format"]) == (1.0, "auto")
    thread, _, run = parts.first_questions(book)
    assert thread["tool_resources"] == {"code_interpreter": None, "file_search": None}
    assert run["truncation_strategy"] == {"type": "auto", "last_messages": None}
    assert (run["tool_choice"], run["parallel_tool_calls"]) == ("auto", True)
    parts.concurrent_users(book)
    parts.code_interpreter(book)
    file_search(book, tmp_path)
    function: Any = {"type": "function", "function": cells.FUNCTION_JSON}
    tools: Any = [{"type": "code_interpreter"}, {"type": "file_search"}, function]
    book.client.beta.assistants.update(book.assistant_id, tools=tools)
    waiting = parts.quiz(book)
    assert waiting["usage"] is None
    assert all(key is None for key in model_server.keys)


def file_search(book: Notebook, folder: Path) -> None:
    """A vector store for the paper, a question with its citation, and the store's end."""
    client = book.client
    file_id = parts.upload_paper(book, folder)
    store = client.vector_stores.create(name="language_models_are_unsupervised_multitask_learners")
    attached = client.vector_stores.files.create_and_poll(
        vector_store_id=store.id, file_id=file_id, poll_interval_ms=20
    )
    assert attached.status == "completed"
    assistant = client.beta.assistants.update(
        book.assistant_id,
        tools=[{"type": "code_interpreter"}, {"type": "file_search"}],
        tool_resources={
            "file_search": {"vector_store_ids": [store.id]},
            "code_interpreter": {"file_ids": [file_id]},
        },
    )
    shown = show_json(assistant)["tool_resources"]
    assert shown == {
        "code_interpreter": {"file_ids": [file_id]},
        "file_search": {"vector_store_ids": [store.id]},
    }
    message = parts.paper_question(book)
    if message is not None:
        text = message.content[0].text
        (citation,) = text.annotations
        assert citation.file_citation.file_id == file_id
        assert text.value[citation.start_index : citation.end_index] == citation.text
    assert client.vector_stores.delete(store.id).deleted
