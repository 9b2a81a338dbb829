"""The pages of the documentation's site, and their links as they are there. Pure.

On the site README.md is the start page, and the other documents beside it and the examples' READMEs stand beside the
pages of ``docs/``. Links lead from file to file in the repository, where people also read them; each is rewritten.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass

_FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!`)\]\((?!https?:|mailto:|#)([^)\s#]*)(#[^)\s]*)?\)")
_OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security-policy.md",
}
_EXAMPLE = re.compile(r"examples/([\w-]+)/README\.md")


def site_path(file: str) -> str:
    """Return where a file of the repository is on the site: a file that is no document is below ``files``."""
    if file in _OUTSIDE:
        return _OUTSIDE[file]
    if example := _EXAMPLE.fullmatch(file):
        return f"examples/{example[1]}.md"
    return file.removeprefix("docs/") if file.startswith("docs/") else f"files/{file}"


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page with the site's links. ``targets`` are the files that it links to, ``problems`` its links to nowhere."""

    text: str
    targets: frozenset[str]
    problems: tuple[str, ...]


def site_page(text: str, file: str, files: Collection[str]) -> SitePage:
    """Return a page of the repository as the site has it.

    ``file`` is its path in the repository, ``files`` the paths of all files there.
    """
    own, targets, problems = site_path(file), set(), []

    def rewrite(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), link[1]))
        if target not in files:
            problems.append(f"{file}: the link {link[1]} leads to {target}, which is not there")
            return link[0]
        targets.add(target)
        return f"]({posixpath.relpath(site_path(target), posixpath.dirname(own) or '.')}{link[2] or ''})"

    parts, end = [], 0
    for block in _FENCED.finditer(text):
        parts += [_LINK.sub(rewrite, text[end : block.start()]), block[0]]
        end = block.end()
    whole = "".join(parts) + _LINK.sub(rewrite, text[end:])
    return SitePage(whole, frozenset(targets), tuple(problems))


def is_page(file: str) -> bool:
    """Return whether a file of the repository is a page of the site."""
    return file.endswith(".md") and not site_path(file).startswith("files/")
