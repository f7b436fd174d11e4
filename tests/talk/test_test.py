"""`retinue test`: checks in manifests, asked for real."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from tests.cli.shell import Done, Shell
from tests.support.loopback import LoopbackHandler, LoopbackServer
from tests.support.proxy import Proxy
from tests.talk.conftest import SEARCHING, api, on_all, on_searching
from tests.talk.handlers import HANDLER, bind
from tests.talk.model import ScriptedModel

CHECKS = """\
  plain:
    model: gpt-4o
    checks:
"""


def checks(school: Shell, *entries: str, of: str = "plain") -> None:
    """Give an assistant checks, a flow mapping each; nothing is applied."""
    old = "  plain: {model: gpt-4o}\n"
    listed = "".join(f"      - {entry}\n" for entry in entries)
    if of == "plain":
        school.edit("assistants/team.yaml", old, CHECKS + listed)
    else:
        school.edit("assistants/team.yaml", f"  {of}:\n", f"  {of}:\n    checks:\n{listed}")


def outcomes(school: Shell, *entries: str) -> dict[str, tuple[bool, str]]:
    """Run checks, which are called by what they are; whether each passed, and why not."""
    named = [f"{{name: {json.dumps(entry)}, {entry[1:]}" for entry in entries]
    checks(school, *named)
    found = school("test", "--json").json["checks"]
    return {each["name"]: (each["passed"], "".join(each["reasons"])) for each in found}


def outcome(school: Shell, *entries: str, of: str = "plain") -> tuple[bool, list[str]]:
    """Run one check; whether it passed, and the reasons."""
    checks(school, *entries, of=of)
    [check] = school("test", "--json").json["checks"]
    return check["passed"], check["reasons"]


GOOD = (
    "{ask: life, contains: answer, not_contains: [lie, fib]}",
    "{ask: life, regex: '(?i)^THE answer'}",
    "{ask: json, json_schema: {type: object, required: [level]}}",
    "{ask: [first, second], contains: to second}",
    "{ask: life, max_seconds: 60, max_tokens: 18}",
    "{ask: a good one, judge: {rubric: It is good.}}",
)
BAD = {
    "{ask: life, contains: [answer, question]}": "does not contain 'question'; it is 'The answer",
    "{ask: life, not_contains: answer}": "the answer contains 'answer'",
    "{ask: life, regex: ^answer}": "does not match '^answer'",
    "{ask: life, json_schema: {type: object}}": "the answer is no JSON",
    "{ask: json, json_schema: {properties: {level: {type: string}}}}": "at $.level: 2 is not",
    "{ask: life, max_tokens: 17}": "used 18 tokens; at most 17",
    "{ask: slowly, max_seconds: 1}": "at most 1 s are allowed",
    "{ask: life, judge: {rubric: It is good.}}": "the judge: the word good",
    "{ask: life, cites: limits.md}": "does not cite limits.md; it cites nothing",
    "{ask: fail}": "the answer is failed: ",
}
NOT_ON_AGENTS = {"{ask: life, cites: limits.md}": "cites is not applicable on agents"}


@on_all
def test_what_is_as_expected_passes(school: Shell) -> None:
    assert outcomes(school, *GOOD) == dict.fromkeys(GOOD, (True, ""))


@on_all
def test_what_is_not_fails_with_a_reason(school: Shell, target: str) -> None:
    expected = BAD | (NOT_ON_AGENTS if target == "agents" else {})
    found = outcomes(school, *expected)
    assert [check for check in expected if found[check][0]] == []
    assert [check for check, reason in expected.items() if reason not in found[check][1]] == []


@pytest.mark.parametrize("target", ["agents"], indirect=True)
def test_what_can_not_be_on_the_target_is_not_asked(school: Shell, model: ScriptedModel) -> None:
    model.requests.clear()
    [(check, reason)] = NOT_ON_AGENTS.items()
    passed, [given] = outcome(school, check)
    assert (passed, reason in given, model.requests) == (False, True, [])


@on_searching
def test_tools_and_citations(school: Shell) -> None:
    check = "{ask: search for limits, tool_called: file_search, cites: limits.md}"
    assert outcome(school, check, of="reader") == (True, [])


class TestTools:
    @on_all
    def test_a_call_can_be_checked_without_anybody_who_answers_it(self, school: Shell) -> None:
        check = "{ask: quiz, tool_called: {name: display-quiz, arguments: {title: Limits}}}"
        assert outcome(school, check, of="tutor") == (True, [])

    def test_other_arguments(self, school: Shell) -> None:
        check = "{ask: quiz, tool_called: {name: display_quiz, arguments: {level: 2}}}"
        passed, [reason] = outcome(school, check, of="tutor")
        assert not passed
        assert 'was called with \'{"title": "Limits", "level": 1}\', not {"level": 2}' in reason

    def test_no_call(self, school: Shell) -> None:
        passed, reasons = outcome(school, "{ask: life, tool_called: display_quiz}", of="tutor")
        assert (passed, reasons) == (False, ["display_quiz was not called; called: nothing"])

    def test_a_call_that_nobody_expects_or_answers(self, school: Shell) -> None:
        passed, reasons = outcome(school, "{ask: quiz, not_contains: x}", of="tutor")
        assert not passed
        assert "--allow" in reasons[0]


@on_all
def test_the_judge_sees_rubric_and_answer_and_has_no_tools(
    school: Shell, model: ScriptedModel
) -> None:
    model.requests.clear()
    outcome(school, "{ask: a good one, judge: {rubric: Short., model: gpt-4.1}}", of="tutor")
    asked, judged = model.requests
    assert asked["tools"]
    assert "tools" not in judged
    assert judged["model"] == "gpt-4.1"
    [system, user] = judged["messages"]
    assert system["content"].startswith("You are a strict examiner.")
    assert "<rubric>\nShort.\n</rubric>" in user["content"]
    assert "<answer>\nThe answer to a good one\n</answer>" in user["content"]


class TestSamples:
    def test_are_asked_until_the_outcome_is_clear(
        self, school: Shell, model: ScriptedModel
    ) -> None:
        checks(school, "{ask: life, contains: x, samples: 5, passes: 4}")
        model.requests.clear()
        assert school("test").code == 1
        assert len(model.requests) == 2
        model.requests.clear()
        school.edit("assistants/team.yaml", "contains: x", "contains: answer")
        done = school.ok("test")
        assert len(model.requests) == 4
        assert "(4 of 4 samples passed)" in done.out

    def test_retries(self, school: Shell, model: ScriptedModel) -> None:
        checks(school, "{ask: life, contains: x, retries: 2}")
        model.requests.clear()
        assert "(asked 3 times)" in school("test").out
        assert len(model.requests) == 3


@on_all
@pytest.mark.parametrize("most", [1, 2])
def test_checks_leave_room_for_what_is_sent_while_answers_come(school: Shell, most: int) -> None:
    """A connection or two, and six checks whose handlers' outputs have to be sent."""
    bind(school, "command: [python3, quiz.py]", "allow: true", quiz__py=HANDLER)
    checks(school, *(f"{{ask: quiz {n}, contains: prepared}}" for n in range(6)), of="tutor")
    school.edit("retinue.yaml", "api: openai,", f"api: openai, max_parallel: {most},")
    done = school.process("test", "--parallelism", "6")
    assert done.conclusion == "6 checks: 6 passed, 0 failed.", done.out + done.err


class TestReports:
    @pytest.fixture
    def done(self, school: Shell) -> Done:
        checks(school, "{name: fine, ask: life, tags: [quick]}", "{name: 'br<o>ken', ask: fail}")
        return school.process("test", "--junit", "junit.xml")

    def test_the_table(self, done: Done) -> None:
        assert done.code == 1
        assert done.out.startswith("assistant.plain\n  ok    fine  ")
        assert "  FAIL  br<o>ken  " in done.out
        assert "\n        the answer is failed: " in done.out
        assert done.conclusion == "2 checks: 1 passed, 1 failed."

    def test_junit(self, done: Done, school: Shell) -> None:
        del done
        root = ET.parse(school.root / "junit.xml").getroot()  # noqa: S314 - our own file
        assert (root.get("tests"), root.get("failures")) == ("2", "1")
        fine, broken = root.iter("testcase")
        assert (fine.get("name"), fine.find("failure")) == ("fine", None)
        failure = broken.find("failure")
        assert failure is not None
        assert "the answer is failed" in (failure.get("message") or "")
        assert broken.get("file") == "assistants/team.yaml"

    def test_tags_choose(self, done: Done, school: Shell) -> None:
        del done
        chosen = school.ok("test", "--tag", "quick", "--json").json
        assert [each["name"] for each in chosen["checks"]] == ["fine"]
        assert "no check has the tag slow" in school("test", "--tag", "slow").err


@on_all
def test_a_platform_out_of_reach_is_told_once(school: Shell, platform: str) -> None:
    checks(school, "{name: one, ask: life}", "{name: two, ask: life, retries: 1}")
    with LoopbackServer(LoopbackHandler) as gone:
        school.edit("retinue.yaml", platform, f"{gone.root}/v1")
    done = school("test", "--junit", "junit.xml")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("can't reach") == 1
    assert "  hint: " in done.err
    assert "[RTN-PLATFORM-UNAVAILABLE]" in done.err
    root = ET.parse(school.root / "junit.xml").getroot()  # noqa: S314 - our own file
    assert (root.get("tests"), root.get("failures")) == ("2", "2")
    done = school("test", "--json")
    assert [each["passed"] for each in done.json["checks"]] == [False, False]
    assert "[RTN-PLATFORM-UNAVAILABLE]" in done.err


def test_one_failure_of_the_platform_is_that_checks_alone(school: Shell, platform: str) -> None:
    checks(school, "{name: one, ask: life}", "{name: two, ask: life}")
    with Proxy(platform).running() as proxy:
        school.edit("retinue.yaml", platform, proxy.url)
        proxy.on("POST", "/threads").answer(503)
        done = school("test", "--parallelism", "1")
    assert done.code == 1
    assert done.conclusion == "2 checks: 1 passed, 1 failed."
    assert "FAIL  one" in done.out
    assert "503" in done.out
    assert "RTN-PLATFORM" not in done.err


@pytest.mark.parametrize("target", ["agents"], indirect=True)
def test_sessions_are_deleted_again(school: Shell, platform: str) -> None:
    checks(school, "{ask: [life, quiz], judge: {rubric: It is good.}}")
    school("test")
    agent = school.id_of("assistant.plain")
    assert api(platform, "GET", f"/agents/sessions?agent_id={agent}")["data"] == []


def test_without_checks_there_is_nothing_to_do(school: Shell) -> None:
    assert school.ok("test").out == "No checks to run.\n"
    assert school.ok("test", "reader").out == "No checks to run.\n"


def test_checks_are_no_change_and_never_sent(school: Shell) -> None:
    checks(school, "{ask: life, contains: x}")
    assert school("plan", "--detailed-exitcode").code == 0


class TestAffected:
    @pytest.fixture
    def checked(self, school: Shell, target: str) -> Shell:
        checks(school, "{ask: life}")
        if target in SEARCHING:
            checks(school, "{ask: search for limits}", of="reader")
        checks(school, "{ask: life}", of="tutor")
        return school

    def affected(self, school: Shell) -> list[str]:
        school.ok("plan", "--out", "the.plan")
        school.ok("apply", "the.plan")
        document = school("test", "--affected", "the.plan", "--json").json
        return [check["assistant"] for check in document["checks"]]

    @on_all
    def test_a_changed_assistant(self, checked: Shell) -> None:
        checked.edit("assistants/team.yaml", "Be short.", "Be long.")
        assert self.affected(checked) == ["assistant.tutor"]

    @on_searching
    def test_a_changed_file_reaches_whoever_searches_it(self, checked: Shell) -> None:
        checked.edit("assistants/notes/limits.md", "goes", "leads")
        assert self.affected(checked) == ["assistant.reader"]

    @on_all
    def test_a_changed_function(self, checked: Shell) -> None:
        new = "{type: object, properties: {title: {type: string}}}"
        checked.edit("assistants/team.yaml", "{type: object}", new)
        assert self.affected(checked) == ["assistant.tutor"]

    def test_nothing(self, checked: Shell) -> None:
        assert self.affected(checked) == []


def test_a_schema_may_be_a_file(school: Shell) -> None:
    school.write({"assistants/level.json": json.dumps({"required": ["level", "title"]})})
    passed, [reason] = outcome(school, "{ask: json, json_schema: {file: level.json}}")
    assert not passed
    assert "'title' is a required property" in reason
