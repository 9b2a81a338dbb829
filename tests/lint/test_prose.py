"""The rules of the sentences of documents."""

from __future__ import annotations

import pytest

from tests.lint.prose import LONGEST_SENTENCE, check_text


@pytest.mark.parametrize(
    "text",
    [
        "A test holds ours\nagainst theirs.",
        "Functions are named. So are tables.",
        "What may go wrong, and what then.",
        "It makes of a file the resources.",
        "This mends it.",
        "Which function ran in its turn.",
        "One that is there already is kept.",
        "It fails, which the console prints.",
        "The other one works, too.",
        "| a | see how quick it is |",
    ],
)
def test_construction_that_is_not_english_is_named(text: str) -> None:
    assert len(list(check_text(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "So it works. He who is not in this list is not there.",
        "It prints what the templates make of a request: each step.",
        "`it holds a against b` is code. See [so are](so-are.md).",
        "```\nSo are fenced blocks, too.\n```",
        "It is too large, too slow and too old.",
        "Keep it against the wall.",
    ],
)
def test_plain_english_and_code_are_left_alone(text: str) -> None:
    assert list(check_text(text)) == []


def test_long_sentence_is_named_with_the_line_of_its_paragraph() -> None:
    words = " ".join(["word"] * LONGEST_SENTENCE)
    assert list(check_text(f"# Title\n\nA {words}.\n")) == [
        (3, f"a sentence of {LONGEST_SENTENCE + 1} words: make two of {('A ' + words)[:50]!r}…")
    ]
    assert list(check_text(f"{words}. A second one.\n\n- {words}\n- more\n")) == []


def test_line_of_a_phrase_is_counted_past_fenced_blocks() -> None:
    assert [line for line, _ in check_text("```\na\nb\n```\n\nfine\nThis mends it.")] == [7]
