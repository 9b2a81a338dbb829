"""Check the sentences of documents: constructions that English does not use, or that lose a reader.

Each rule is a pattern of what was found in these documents, with what to write instead. Fenced blocks and inline code
are left out; tables are looked at for phrases, and not for the length of their sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

LONGEST_SENTENCE = 45
"""Words. Plain English guides ask for 20 on average; over this one nobody reads on without a second look."""

PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\b[Hh](?:olds?|eld|olding)\b[^.|:]{0,40}? against\b", "compare it with"),
        (r"(?:^|(?<=[.:;] ))So (?:is|are|do|does|did|has|have|it is)\b", "name the subject first, and then 'also'"),
        (r"\bwhat then\b", "say what follows"),
        (r"\bmak(?:e|es|ing) of (?:(?:an?|the|your) )?\S+ (?:an?|the|its|one)\b", "turn X into Y, in this order"),
        (r"\bmend(?:s|ed|ing)?\b", "fix"),
        (r"\bin (?:its|their) turn\b", "leave it out, or 'then'"),
        (r"\b(?:is|are) there already\b", "exists already"),
        (r"\b[Tt]ak\w+ (?:it|them) away\b", "remove"),
        (r", which (?:the|this|that|a) \w+ (?:says|prints|shows|names|tells)\b", "begin a sentence with its subject"),
        (r", too[.:;,|]", "write 'also' before the verb"),
        (r"\b(?:there|here)(?:by|in|of|to|upon|after)\b|\bwhere(?:by|in|of|upon)\b", "use a plain word"),
        (r"\b[Hh]ow quick\b|\bquicker\b", "fast, faster"),
        (r"\bas good as\b|\bup to now\b|\bby and by\b|\ball in all\b", "say it in one word, or leave it out"),
        (r"\b(?:Thereto|Hereto|Therewith|Insofar)\b", "use a plain word"),
        (r"\bstands? (?:there|in it|below it)\b", "is"),
    )
)

_FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\([^)\s]*\)")
_BLOCK = re.compile(r"(?:[^\n]+\n?)+")
_ITEM = re.compile(r"^ *(?:[-*]|\d+\.) ", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\[*])")


def check_prose(files: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each sentence of a Markdown document that breaks a rule, as ``file:line: text``."""
    for file in files:
        for line, problem in check_text(file.read_text(encoding="utf-8")):
            yield f"{file}:{line}: {problem}"


def check_text(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the problem of each sentence that breaks a rule."""
    # As many lines as before, so that they can be counted.
    blank = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
    prose = _LINK.sub("]", _CODE.sub("`code`", blank))
    for block in _BLOCK.finditer(prose):
        first = prose.count("\n", 0, block.start()) + 1
        for pattern, instead in PHRASES:
            # A phrase may go on in the next line.
            for found in pattern.finditer(block[0].replace("\n", " ")):
                line = first + block[0].count("\n", 0, found.start())
                yield line, f"{found[0].strip()!r}: {instead}"
        if not block[0].lstrip().startswith(("|", "#", "<")):
            yield from ((first, problem) for problem in _check_length(block[0]))


def _check_length(block: str) -> Iterator[str]:
    for item in _ITEM.split(block):
        for sentence in _SENTENCE.split(" ".join(item.split())):
            words = len(sentence.split())
            if words > LONGEST_SENTENCE:
                yield f"a sentence of {words} words: make two of {sentence[:50]!r}…"
