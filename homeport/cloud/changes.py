"""Change sets as people read them: the resources to add, change and remove, and the data that would be lost. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from homeport.terminal import Colour, Palette

Verb = Literal["add", "change", "replace", "remove"]

STATEFUL = frozenset(
    (
        "AWS::Cognito::UserPool",
        "AWS::DocDB::DBCluster",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Volume",
        "AWS::EFS::FileSystem",
        "AWS::Kinesis::Stream",
        "AWS::KMS::Key",
        "AWS::Neptune::DBCluster",
        "AWS::OpenSearchService::Domain",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::Timestream::Table",
    )
)
"""Types of resources whose data can't be made again."""

_SIGNS: Mapping[Verb, tuple[str, Colour]] = {
    "add": ("+", "green"),
    "change": ("~", "yellow"),
    "replace": ("±", "red"),
    "remove": ("-", "red"),
}
_ORDER: tuple[Verb, ...] = ("add", "change", "replace", "remove")
_MOST_PROPERTIES = 4


@dataclass(frozen=True, slots=True)
class Change:
    """The change of a resource.

    ``properties`` are the names of those that change. ``certain`` is False where CloudFormation can't say whether it
    replaces the resource. ``loses``: its data is deleted; ``keeps``: it stays in the account, outside of the stack.
    """

    verb: Verb
    logical_id: str
    kind: str
    physical_id: str = ""
    properties: tuple[str, ...] = ()
    certain: bool = True
    loses: bool = False
    keeps: bool = False


def read_changes(described: Iterable[Mapping[str, Any]], template: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return the changes in DescribeChangeSet's ``Changes``. ``template`` is the one that the stack has now.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
    """
    resources = template.get("Resources") or {}
    changes = [
        _change(found["ResourceChange"], resources.get(found["ResourceChange"]["LogicalResourceId"], {}))
        for found in described
        if found.get("ResourceChange")
    ]
    return tuple(sorted(changes, key=lambda change: (_ORDER.index(change.verb), change.kind, change.logical_id)))


def losses(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes that lose data."""
    return tuple(change for change in changes if change.loses)


def diff_lines(changes: Sequence[Change], palette: Palette) -> Iterator[str]:
    """Yield a line for each change, and their counts."""
    for change in changes:
        sign, colour = _SIGNS[change.verb]
        mild = change.verb == "remove" and change.keeps
        yield palette.paint("yellow" if mild else colour, f"  {sign} {_describe(change)}")
    counts = [(verb, sum(change.verb == verb for change in changes)) for verb in _ORDER]
    yield ", ".join(f"{count} to {verb}" for verb, count in counts if count)


def loss_lines(changes: Iterable[Change], palette: Palette) -> Iterator[str]:
    """Yield a line for each resource whose data is lost."""
    for change in losses(changes):
        how = "removed" if change.verb == "remove" else "replaced by an empty one"
        maybe = "" if change.certain else "may be "
        name = f" ({change.physical_id})" if change.physical_id else ""
        yield palette.paint("red", f"  DATA LOSS: {change.logical_id}{name} {maybe}{how}, with all it holds")


def _describe(change: Change) -> str:
    text = f"{change.verb:<7} {change.logical_id}  {change.kind}"
    if change.properties:
        shown = ", ".join(change.properties[:_MOST_PROPERTIES])
        more = len(change.properties) - _MOST_PROPERTIES
        text += f"  [{shown}{f' and {more} more' if more > 0 else ''}]"
    if not change.certain:
        text += "  (perhaps: CloudFormation knows when it does it)"
    if change.keeps:
        text += f"  (stays in the account as {change.physical_id or 'it is'}, outside of the stack)"
    return text


def _change(found: Mapping[str, Any], present: Mapping[str, Any]) -> Change:
    verb = _verb(found)
    kept = _is_kept(verb, found.get("PolicyAction", ""), present)
    gone = verb in ("remove", "replace") and found["ResourceType"] in STATEFUL
    return Change(
        verb=verb,
        logical_id=found["LogicalResourceId"],
        kind=found["ResourceType"],
        physical_id=found.get("PhysicalResourceId", ""),
        properties=_properties(found),
        certain=not (verb == "replace" and found.get("Replacement") == "Conditional"),
        loses=gone and not kept,
        keeps=gone and kept,
    )


def _verb(found: Mapping[str, Any]) -> Verb:
    match found["Action"]:
        case "Add" | "Import":
            return "add"
        case "Remove":
            return "remove"
        case _:
            return "replace" if found.get("Replacement") in ("True", "Conditional") else "change"


def _is_kept(verb: Verb, policy_action: str, present: Mapping[str, Any]) -> bool:
    if policy_action:
        return "Retain" in policy_action or "Snapshot" in policy_action
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    policy = present.get("DeletionPolicy" if verb == "remove" else "UpdateReplacePolicy", "Delete")
    return policy in ("Retain", "RetainExceptOnCreate", "Snapshot")


def _properties(found: Mapping[str, Any]) -> tuple[str, ...]:
    targets = (detail.get("Target", {}) for detail in found.get("Details", ()))
    named = (target.get("Name") or target.get("Attribute", "") for target in targets)
    return tuple(dict.fromkeys(name for name in named if name))
