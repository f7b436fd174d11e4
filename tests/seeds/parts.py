"""The parts of the seed documents: each does what its cells do and checks what they show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.seeds import notebook as cells
from tests.seeds.notebook import Notebook, show_json

from retinue.local.sandbox import Unavailable, find

_FIBONACCI = "0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181"


def math_tutor(book: Notebook, model: str) -> dict[str, Any]:
    """Creating the assistant; gives what the document shows of it."""
    assistant = book.client.beta.assistants.create(
        name="Math Tutor", instructions=cells.MATH_TUTOR, model=model
    )
    book.assistant_id = assistant.id
    return show_json(assistant)


def first_questions(book: Notebook) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A thread, a message, a run, its answer and a second question; gives the three as shown."""
    client = book.client
    thread = client.beta.threads.create()
    message = client.beta.threads.messages.create(
        thread_id=thread.id, role="user", content=cells.EQUATION
    )
    shown_message = show_json(message)
    run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=book.assistant_id)
    shown_run = show_json(run)
    assert run.status == "queued"
    run = book.wait_on_run(run, thread)
    assert run.status == "completed"
    messages = client.beta.threads.messages.list(thread_id=thread.id)
    assert [each.role for each in messages.data] == ["assistant", "user"]
    assert "`x = 1`" in messages.data[0].content[0].text.value  # type: ignore[union-attr]
    message = client.beta.threads.messages.create(
        thread_id=thread.id, role="user", content="Could you explain this to me?"
    )
    run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=book.assistant_id)
    book.wait_on_run(run, thread)
    messages = client.beta.threads.messages.list(thread_id=thread.id, order="asc", after=message.id)
    (explained,) = messages.data
    assert explained.content[0].text.value.startswith("Subtract 11")  # type: ignore[union-attr]
    return show_json(thread), shown_message, shown_run


def concurrent_users(book: Notebook) -> None:
    """Three threads at once, and a word of thanks on the third."""
    asked = [cells.EQUATION, "Could you explain linear algebra to me?", "I don't like math."]
    started = [book.create_thread_and_run(words) for words in asked]
    for (thread, run), words in zip(started, asked, strict=True):
        assert book.wait_on_run(run, thread).status == "completed"
        assert book.words(thread)[0] == f"user: {words}"
    thread = started[2][0]
    run = book.submit_message(thread, "Thank you!")
    book.wait_on_run(run, thread)
    assert book.words(thread)[2:] == ["user: Thank you!", "assistant: You're welcome!"]


def code_interpreter(book: Notebook) -> dict[str, Any]:
    """Fibonacci numbers by code, and the steps; gives the assistant as shown."""
    assistant = book.client.beta.assistants.update(
        book.assistant_id, tools=[{"type": "code_interpreter"}]
    )
    thread, run, words = book.ask("Generate the first 20 fibbonaci numbers with code.")
    sandbox = find()
    if isinstance(sandbox, Unavailable):
        assert run.status == "failed"
        assert sandbox.reason in run.last_error.message
        return show_json(assistant)
    assert run.status == "completed", run.last_error
    assert words[1] == f"assistant: The first 20 Fibonacci numbers are: {_FIBONACCI}."
    called, created = book.steps(thread, run)
    (call,) = called["tool_calls"]
    assert call["code_interpreter"]["input"].startswith("def fibonacci(n):")
    (logs,) = call["code_interpreter"]["outputs"]
    assert logs["type"] == "logs"
    assert "4181" in logs["logs"]
    assert created["message_creation"]["message_id"].startswith("msg_")
    return show_json(assistant)


def upload_paper(book: Notebook, folder: Path) -> str:
    """The language model paper, as far as a test needs one; gives the file's ID."""
    path = folder / "language_models_are_unsupervised_multitask_learners.pdf"
    if not path.exists():
        path.write_bytes(_pdf("Language models are unsupervised multitask learners"))
    with path.open("rb") as file:
        return book.client.files.create(file=file, purpose="assistants").id


def _pdf(words: str) -> bytes:
    """A PDF of one page, as small as one can be."""
    text = f"BT /F1 18 Tf 40 700 Td ({words}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
            " /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = "%PDF-1.4\n", []
    for number, inside in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{inside}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(body)
    size = len(objects) + 1
    body += f"xref\n0 {size}\n0000000000 65535 f \n{table}"
    body += f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return body.encode()


def paper_question(book: Notebook) -> Any:
    """The question about the paper; gives the message that answers it, with its citation.

    None where this installation has no search; the rest of the document goes on.
    """
    thread, run, _ = book.ask(cells.PAPER)
    if run.status == "failed" and "file search is not part" in run.last_error.message:
        return None
    assert run.status == "completed", run.last_error
    message = book.get_response(thread).data[-1]
    assert "The paper is about probabilities" in message.content[0].text.value
    return message


def quiz(book: Notebook) -> dict[str, Any]:
    """The quiz: a function call, its output, and feedback; gives the waiting run as shown."""
    thread, run, _ = book.ask(
        "Make a quiz with 2 questions: One open ended, one multiple choice."
        " Then, give me feedback for the responses."
    )
    assert run.status == "requires_action"
    waiting = show_json(run)
    (tool_call,) = run.required_action.submit_tool_outputs.tool_calls
    arguments = json.loads(tool_call.function.arguments)
    assert tool_call.function.name == "display_quiz"
    responses = cells.display_quiz(arguments["title"], arguments["questions"])
    assert responses == ["I don't know.", "a"]
    run = book.client.beta.threads.runs.submit_tool_outputs(
        thread_id=thread.id,
        run_id=run.id,
        tool_outputs=[{"tool_call_id": tool_call.id, "output": json.dumps(responses)}],
    )
    assert (run.status, run.required_action) == ("queued", None)
    run = book.wait_on_run(run, thread)
    assert run.status == "completed"
    assert book.words(thread)[-1] == "assistant: You answered \"I don't know.\" and 'a'."
    return waiting
