"""Traces, received by a real OTLP endpoint on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.cli.shell import Shell
from tests.talk.conftest import WORDS, on_all
from tests.talk.handlers import HANDLER, bind

pytest.importorskip("opentelemetry.sdk")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

from tests.talk.collector import Collector, Received


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture
def traced(school: Shell, collector: Collector) -> Shell:
    """The applied project, with the collector in the environment and tracing off."""
    return replace(school, environ={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})


def setting(school: Shell, text: str) -> None:
    old = (school.root / "retinue.yaml").read_text("utf-8")
    school.write({"retinue.yaml": f"{old}tracing: {text}\n"})


def ask(school: Shell, collector: Collector, *args: str) -> Received:
    assert school.process("ask", *args).code == 0
    return collector.received


def test_nothing_leaves_unasked(traced: Shell, collector: Collector) -> None:
    assert ask(traced, collector, "plain", "life").spans == []


REQUESTS = {
    "assistants": ["POST /threads", "POST /threads/{id}/runs"],
    "responses": ["POST /conversations", "POST /responses"],
    "agents": ["POST /agents/sessions"],
}


@on_all
def test_an_ask(traced: Shell, collector: Collector, target: str) -> None:
    received = ask(traced, collector, "plain", "life", "--trace")
    root, agent = received.one("retinue ask"), received.one("invoke_agent plain")
    conversation = WORDS[target][0].split()[1]
    assert {span.trace for span in received.spans} == {root.trace}
    assert (root.parent, agent.parent) == (b"", root.id)
    assert agent.attributes.pop("gen_ai.conversation.id").startswith(conversation)
    assert agent.attributes == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "openai",
        "gen_ai.agent.id": traced.id_of("assistant.plain"),
        "gen_ai.agent.name": "plain",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 7,
    }
    assert received.below(agent) == REQUESTS[target]
    assert root.resource["service.name"] == "retinue"
    assert root.attributes["retinue.project"].startswith("school-")


def test_what_was_said_is_in_no_span(traced: Shell, collector: Collector) -> None:
    received = ask(traced, collector, "plain", "my-secret-question", "--trace")
    assert b"my-secret-question" not in received.raw
    assert b"of-the-test" not in received.raw  # the key


def test_unless_the_project_wants_it(traced: Shell, collector: Collector) -> None:
    setting(traced, "{otlp: true, content: true}")
    agent = ask(traced, collector, "plain", "my question").one("invoke_agent plain")
    [said] = json.loads(agent.attributes["gen_ai.input.messages"])
    assert said == {"role": "user", "parts": [{"type": "text", "content": "my question"}]}
    [answer] = json.loads(agent.attributes["gen_ai.output.messages"])
    assert answer["parts"][0]["content"] == "The answer to my question"
    assert b"of-the-test" not in collector.received.raw


@on_all
def test_a_handler(traced: Shell, collector: Collector) -> None:
    bind(traced, "command: [python3, quiz.py]", quiz__py=HANDLER)
    received = ask(traced, collector, "tutor", "quiz", "--trace", "--allow", "all")
    tool = received.one("execute_tool display_quiz")
    assert tool.parent == received.one("invoke_agent tutor").id
    assert tool.attributes["gen_ai.tool.type"] == "function"
    assert 0 < tool.seconds < 30
    assert b"prepared" not in received.raw


@on_all
def test_a_failure(traced: Shell, collector: Collector) -> None:
    assert traced.process("ask", "plain", "fail", "--trace").code == 1
    agent = collector.received.one("invoke_agent plain")
    assert (agent.error, agent.attributes["error.type"]) == ("failed", "server_error")
    assert collector.received.one("retinue ask").error


def test_an_apply(project: Shell, collector: Collector) -> None:
    shell = replace(project, environ={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    assert shell.process("apply", "--auto-approve", "--trace").code == 0
    received = collector.received
    root, made = received.one("retinue apply"), received.one("create_agent reader")
    assert made.parent == root.id
    assert made.attributes["gen_ai.agent.id"] == shell.id_of("assistant.reader")
    assert made.attributes["retinue.address"] == "assistant.reader"
    assert received.below(made) == ["POST /assistants"]
    assert "POST /files" in received.below(received.one("create file"))
    assert b"Be short" not in received.raw


def test_checks(traced: Shell, collector: Collector) -> None:
    check = "    checks: [{name: life, ask: life, contains: x}]\n"
    traced.edit("assistants/team.yaml", "  tutor:\n", f"  tutor:\n{check}")
    assert traced.process("test", "--trace").code == 1
    span = collector.received.one("check life")
    assert span.parent == collector.received.one("retinue test").id
    assert span.attributes["retinue.check.passed"] is False
    assert collector.received.below(span) == ["DELETE /threads/{id}", "invoke_agent tutor"]


class TestAgentOps:
    @pytest.fixture
    def session(self, school: Shell, collector: Collector) -> Shell:
        setting(school, "{agentops: true, tags: [openai, beta-assistants]}")
        environ = {
            "AGENTOPS_API_KEY": "key-of-agentops",
            "AGENTOPS_API_ENDPOINT": collector.url,
            "AGENTOPS_EXPORTER_ENDPOINT": f"{collector.url}/v1/traces",
        }
        return replace(school, environ=environ)

    def test_a_session_that_ends_well(self, session: Shell, collector: Collector) -> None:
        received = ask(session, collector, "plain", "life")
        assert received.keys == ["key-of-agentops"]
        assert set(received.authorizations) == {"Bearer a-token"}
        root = received.one("default.session")
        assert root.attributes["agentops.session.end_state"] == "Success"
        assert json.loads(root.attributes["agentops.tags"]) == ["openai", "beta-assistants"]
        assert root.resource["agentops.project.id"] == "a-project"
        assert b"key-of-agentops" not in received.raw

    def test_one_that_fails(self, session: Shell, collector: Collector) -> None:
        assert session.process("ask", "plain", "fail").code == 1
        root = collector.received.one("default.session")
        assert root.attributes["agentops.session.end_state"] == "Fail"

    def test_without_a_key(self, session: Shell, collector: Collector) -> None:
        done = replace(session, environ={}).process("ask", "plain", "life")
        assert done.code == 1
        assert "AGENTOPS_API_KEY is not set" in done.err
        assert collector.received.spans == []


def test_a_collector_that_is_down_fails_nothing(school: Shell) -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    done = replace(school, environ=environ).process("ask", "plain", "life", "--trace")
    assert (done.code, done.out) == (0, "The answer to life\n")
    assert "traces could not be sent to the collector" in done.err


def test_without_the_extra_it_is_said_how_to_get_it(school: Shell) -> None:
    school.write({"blocked/opentelemetry/__init__.py": "raise ImportError(name='opentelemetry')\n"})
    done = school.process("ask", "plain", "x", "--trace", PYTHONPATH=_path(school))
    assert done.code == 1
    assert "pip install 'retinue[tracing]'" in done.err


def _path(school: Shell) -> str:
    import os

    return os.pathsep.join([str(school.root / "blocked"), os.environ.get("PYTHONPATH", "")])
