from __future__ import annotations

import pytest

from retinue.manifest.suggest import closest, did_you_mean, listed, meant_address


def test_the_closest_word_whatever_its_case_and_dashes() -> None:
    assert closest("Math_Tutr", ["math-tutor", "history"]) == "math-tutor"
    assert closest("zzz", ["math-tutor"]) is None


@pytest.mark.parametrize(
    ("word", "candidate"),
    [
        ("nope.md", "house.md"),
        ("assistant.nope", "assistant.janitor"),
        ("docs/a/one.md", "docs/a/two.md"),
        ("max_num_files", "max_num_results"),
    ],
)
def test_what_they_have_in_common_makes_no_guess(word: str, candidate: str) -> None:
    assert closest(word, [candidate]) is None


@pytest.mark.parametrize(
    ("word", "candidate"),
    [
        ("huose.md", "house.md"),
        ("asistant.janitor", "assistant.janitor"),
        ("assistant.janitro", "assistant.janitor"),
        ("maxnum_results", "max_num_results"),
        ("tutor", "math-tutor"),
        ("math-tutor-2", "math-tutor"),
    ],
)
def test_the_part_that_differs_decides(word: str, candidate: str) -> None:
    assert closest(word, ["nope.md", candidate]) == candidate


def test_a_likelier_word_that_only_looks_so_hides_no_other() -> None:
    assert closest("next_lessn", ["next_legacy", "lesson"]) == "lesson"


def test_of_equal_words_always_the_same_one() -> None:
    assert closest("ab", ["a-b", "a_b"]) == closest("ab", ["a_b", "a-b"])


def test_a_hint_or_another() -> None:
    assert did_you_mean("tols", ["tools"], "x") == "did you mean 'tools'?"
    assert did_you_mean("zzz", ["tools"], "x") == "x"


def test_long_lists_are_cut() -> None:
    assert listed(["b", "a"]) == "a, b"
    assert listed([str(n) for n in range(20)], most=2) == "0, 1 and 18 more"


def test_the_address_that_was_meant() -> None:
    known = ["assistant.bot", "assistant.tutor", "vault.bot", "file.docs/a.md"]
    assert meant_address("bot", known) == "did you mean 'assistant.bot' or 'vault.bot'?"
    assert meant_address("docs/a.md", known) == "did you mean 'file.docs/a.md'?"
    assert meant_address("assistant.tuter", known) == "did you mean 'assistant.tutor'?"
    assert meant_address("tuter", known) == "did you mean 'assistant.tutor'?"
    assert meant_address("zzzzzz", known, "x") == "x"
    assert meant_address("bot", []) is None
