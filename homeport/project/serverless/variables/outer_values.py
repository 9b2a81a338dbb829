"""The values of variables that come from outside the files of a project: options, the environment, AWS, git."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from homeport.project.cloudformation.stack.imports import placeholder
from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.serverless.variables.variable_syntax import TypedSource

_FROM_AWS = {
    "cf": "the output of another stack",
    "ssm": "the parameter of Systems Manager",
    "s3": "the object of S3",
}
_TRUE = ("true", "1")
_FALSE = ("false", "0")


class MissingValue(NamedTuple):
    """The reason why a variable has no value, and how to give it one; ``stands_in`` stands for it then."""

    message: str
    hint: str
    stands_in: str = ""
    is_error: bool = False


@dataclass(frozen=True)
class OuterValues:
    """The values that variables find outside of the project's files.

    ``environ`` are the variables of the shell and of ``.env``; ``imports`` are values that the user gives to single
    sources, by what stands in the braces (``ssm:/db/url``) or by the name alone (``/db/url``).
    """

    stage: str
    region: str
    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def _used(self) -> Mapping[str, str]:
        return {"stage": self.stage, "region": self.region}

    def find(self, source: TypedSource) -> str | bool | MissingValue:
        """Return the value of a source outside of the project's files."""
        given = self.find_import(source)
        if given is not None:
            return given
        match source.kind:
            case "env":
                name = source.address
                stands_in = MissingValue(f"the variable {name} is not set", f"set it in .env: {name}=VALUE", name)
                return self.environ.get(name, stands_in)
            case "opt":
                name = source.address
                hint = "give it: --stage STAGE" if name == "stage" else f"give it: --import opt:{name}=VALUE"
                stands_in = MissingValue(f"there is no option --{name}", hint, self._used.get(name, name))
                return self.options.get(name, stands_in)
            case "sls":
                values = {"stage": self.stage, "instanceId": "local"}
                return values.get(source.address, _unknown(source))
            case "aws":
                values = {"accountId": LOCAL_ACCOUNT, "region": self.region, "partition": "aws"}
                return values.get(source.address, _unknown(source))
            case "strToBool":
                return _truth(source)
            case "git":
                return _git(self.folder, source)
        return _unknown(source)

    def find_import(self, source: TypedSource) -> str | None:
        """Return the value that the user gives for a source, None if there is none."""
        plain = re.sub(r"~(true|false|split)$", "", source.address)
        names = [source_text(source), f"{source.kind}:{source.address}", f"{source.kind}:{plain}"]
        if source.kind in _FROM_AWS:
            names += [plain, re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_").upper()]
        return next((self.imports[name] for name in names if name in self.imports), None)


def source_text(source: TypedSource) -> str:
    """Return a source as it is written in braces."""
    given = f"({', '.join(source.given)})" if source.given else ""
    return f"{source.kind}{given}{':' if source.address else ''}{source.address}"


def _unknown(source: TypedSource) -> MissingValue:
    text = source_text(source)
    subject = _FROM_AWS.get(source.kind, "the value of")
    stands_in = placeholder(re.sub(r"~(true|false|split)$", "", source.address.rpartition(".")[2] or text))
    return MissingValue(
        f"{subject} ${{{text}}} is not known here, so a placeholder stands for it",
        f"give it: --import '{text}=VALUE'",
        stands_in,
    )


def _truth(source: TypedSource) -> bool | MissingValue:
    word = (source.given[0] if source.given else source.address).strip().lower()
    if word in (*_TRUE, *_FALSE):
        return word in _TRUE
    message = f"strToBool can't make true or false of {word!r}"
    return MissingValue(message, "give it true, false, 1 or 0", is_error=True)


def _git(folder: Path, source: TypedSource) -> str | MissingValue:
    """Return the branch or the commit of the repository that a folder is in, as far as its files tell."""
    head = next((place / ".git" / "HEAD" for place in (folder, *folder.parents) if (place / ".git").is_dir()), None)
    try:
        text = head.read_text(encoding="utf-8").strip() if head is not None else ""
        branch = text.removeprefix("ref: refs/heads/") if text.startswith("ref:") else ""
        reference = head.parent / "refs" / "heads" / branch if head is not None and branch else None
        commit = reference.read_text(encoding="utf-8").strip() if reference is not None else text
    except OSError:
        return _unknown(source)
    values = {"branch": branch, "sha1": commit[:7], "commit": commit}
    return values.get(source.address) or _unknown(source)
