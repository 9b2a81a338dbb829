"""The choice of an assembly's stacks that are the project: one edition of each, of one stage of the app."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from homeport.errors import Problem
from homeport.project.cdk.assembly import Assembly, SynthesizedStack

_SERVING = ("AWS::Lambda::Function", "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
_USUAL = ("local", "dev", "development", "test", "sandbox")


def choose_stacks(
    assembly: Assembly, template: Path | None, stage_key: str, file: str
) -> tuple[tuple[SynthesizedStack, ...], list[Problem]]:
    """Return the stacks to read, and warnings about the others.

    ``template`` is the template that was named, which is read with those that it depends on, None: there is none.
    """
    if template is not None:
        chosen = [each for each in assembly.stacks if each.template.resolve() == template.resolve()]
        return tuple(_with_dependencies(chosen, assembly.stacks)), []
    top = [each for each in assembly.stacks if not each.stage]
    stages = list(dict.fromkeys(each.stage for each in assembly.stacks if each.stage))
    named = next((stage for stage in stages if stage.casefold() == stage_key.casefold()), None)
    problems: list[Problem] = []
    if named is not None or (stages and not any(map(_serves, top))):
        chosen_stage = named or _usual(stages, stage_key)
        found = [each for each in assembly.stacks if each.stage == chosen_stage]
        others = [stage for stage in stages if stage != chosen_stage]
    else:
        found, others, chosen_stage = top, stages, ""
    if others:
        message = f"stages of the app that are left out: {', '.join(others)}"
        shown = f"{message} (read: {chosen_stage or 'the stacks outside of them'})"
        problems.append(Problem(shown, file, 1, f"homeport dev --stage {others[0]} reads that one", "warning"))
    kept, editions = _one_edition(found, stage_key)
    for stack, other in editions:
        message = f"the stack {stack.id} has the same resources as {other.id}, and is left out"
        hint = f"--template {stack.template.parent.name}/{stack.template.name} reads that one"
        problems.append(Problem(message, file, 1, hint, "warning"))
    return tuple(kept), problems


def _with_dependencies(
    chosen: Sequence[SynthesizedStack], stacks: Sequence[SynthesizedStack]
) -> Iterator[SynthesizedStack]:
    wanted, waiting = set[str](), [each.id for each in chosen]
    by_id = {each.id: each for each in stacks}
    while waiting:
        name = waiting.pop()
        if name in by_id and name not in wanted:
            wanted.add(name)
            waiting += by_id[name].dependencies
    return (each for each in stacks if each.id in wanted)


def _usual(names: Sequence[str], stage_key: str) -> str:
    """Return the name that has a word of a stage for trying things, else the first."""
    for word in (stage_key, *_USUAL):
        for name in names:
            if word.casefold() in name.casefold():
                return name
    return names[0]


def _one_edition(
    stacks: Sequence[SynthesizedStack], stage_key: str
) -> tuple[list[SynthesizedStack], list[tuple[SynthesizedStack, SynthesizedStack]]]:
    """Return the stacks without further editions of one (dev and prod side by side), and those with the one kept."""
    groups: dict[object, list[SynthesizedStack]] = {}
    for stack in stacks:
        shape = _shape(stack)
        groups.setdefault(shape or stack.id, []).append(stack)
    kept, left_out = [], []
    for group in groups.values():
        first = next(each for each in group if each.id == _usual([each.id for each in group], stage_key))
        kept.append(first)
        left_out += [(each, first) for each in group if each is not first]
    return [each for each in stacks if each in kept], left_out


def _shape(stack: SynthesizedStack) -> frozenset[tuple[str, str]]:
    """Return the logical ids and types of a stack with functions or APIs; empty for another."""
    found = frozenset(_resources(stack))
    return found if any(type in _SERVING for _, type in found) else frozenset()


def _serves(stack: SynthesizedStack) -> bool:
    return any(type in _SERVING for _, type in _resources(stack))


def _resources(stack: SynthesizedStack) -> Iterable[tuple[str, str]]:
    try:
        resources = json.loads(stack.template.read_text(encoding="utf-8-sig"))["Resources"]
        return [(name, str(each.get("Type"))) for name, each in resources.items() if each.get("Type") != _METADATA]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return []


_METADATA = "AWS::CDK::Metadata"
