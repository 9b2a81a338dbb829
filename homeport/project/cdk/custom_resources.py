"""The CDK's own custom resources: notifications of buckets become the buckets' own, the others run on AWS only.

A custom resource is a call of a function while a stack is deployed. The functions that the CDK brings for that are no
part of the owner's project.
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.project.cdk.function_code import FUNCTION
from homeport.project.cloudformation.stack.references import referenced_ids
from homeport.project.model import LOCAL_ACCOUNT, Source
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.graft import set_line

_NOTIFICATIONS = "Custom::S3BucketNotifications"
_QUIET = re.compile(
    r"Custom::(LogRetention|S3AutoDeleteObjects|ECRAutoDeleteImages|VpcRestrictDefaultSG|EventBridgeLogGroup"
    r"|CloudwatchLogResourcePolicy|CDKECRDeployment|CrossRegionExport\w*|Lambda(InsightsRole)?Version)"
)
_CUSTOM_TYPES = ("Custom::", "AWS::CloudFormation::CustomResource")
_MEANINGS = {
    "Custom::AWS": "calls of AWS that are made once, at a deployment",
    "Custom::CDKBucketDeployment": "files that are put into a bucket",
}
_OWN_FUNCTION = re.compile(
    r"(^|/)(Custom::[^/]*CustomResourceProvider|LogRetention[0-9a-f]{32}|BucketNotificationsHandler[0-9a-f]{32}"
    r"|AWS679f53fac002430cb0da5b7982bd2287|Custom::CDKBucketDeployment[0-9A-F]*\w*|framework-(onEvent|isComplete|onTimeout)"
    r"|\$?@aws-cdk--[^/]*|AWSCDK[^/]*|EventBridgeLogGroup[^/]*)(/|$)"
)
_OF_BUCKETS = {
    "LambdaFunctionConfigurations": ("LambdaConfigurations", "LambdaFunctionArn", "Function"),
    "QueueConfigurations": ("QueueConfigurations", "QueueArn", "Queue"),
    "TopicConfigurations": ("TopicConfigurations", "TopicArn", "Topic"),
}
"""The lists of a notification: their names as S3's API has them, to those of CloudFormation's bucket."""


def without_custom_resources(document: Document, diagnostics: Diagnostics) -> None:
    """Take the CDK's own custom resources and functions out of a merged template, in place; name those of effect."""
    resources: dict[str, dict[str, Any]] = document.value["Resources"]
    own = {name for name, each in resources.items() if each.get("Type") == FUNCTION and _is_own(each)}
    custom = {name: each for name, each in resources.items() if str(each.get("Type")).startswith(_CUSTOM_TYPES)}
    for each in custom.values():
        if each["Type"] == _NOTIFICATIONS:
            _notify(document, _map(each.get("Properties")))
    dropped = _resources_to_drop(resources, custom, own)
    _name_dropped(document, {name: str(custom[name]["Type"]) for name in dropped}, diagnostics)
    of_own = {
        name
        for name, each in resources.items()
        if each.get("Type") == "AWS::Lambda::Permission" and not own.isdisjoint(referenced_ids(each))
    }
    for name in (*dropped, *own, *of_own):
        del resources[name]
    texts = {name: f"arn:aws:lambda:us-east-1:{LOCAL_ACCOUNT}:function:{name}" for name in own}
    for each in resources.values():
        _put_texts(each, texts)


def _resources_to_drop(resources: Mapping[str, Any], custom: Mapping[str, dict[str, Any]], own: set[str]) -> list[str]:
    """Return the custom resources that the CDK's own functions make, and of which nothing takes a value."""
    referred = set(referenced_ids({name: each for name, each in resources.items() if name not in custom}))
    made = {
        name: set(referenced_ids(_map(each.get("Properties")).get("ServiceToken"))) for name, each in custom.items()
    }
    return [
        name
        for name, each in custom.items()
        if name not in referred and (not own.isdisjoint(made[name]) or each["Type"] == _NOTIFICATIONS)
    ]


def _name_dropped(document: Document, types: Mapping[str, str], diagnostics: Diagnostics) -> None:
    """Warn once of each type of custom resources that would change what the API answers."""
    named: dict[str, list[str]] = {}
    for name, kind in types.items():
        if kind != _NOTIFICATIONS and not _QUIET.fullmatch(kind):
            named.setdefault(kind, []).append(name)
    for kind, names in named.items():
        meaning = f" ({_MEANINGS[kind]})" if kind in _MEANINGS else ""
        message = f"custom resources run on AWS only: {kind}{meaning}: {', '.join(names[:6])}"
        diagnostics.add(document.at("Resources", names[0]).warning(message))


def _is_own(function: Mapping[str, Any]) -> bool:
    path = _map(function.get("Metadata")).get("aws:cdk:path")
    code = str(_map(function.get("Metadata")).get("aws:asset:path"))
    return (isinstance(path, str) and _OWN_FUNCTION.search(path) is not None) or "custom-resource-handlers" in code


def _notify(document: Document, written: Mapping[str, Any]) -> None:
    """Give a bucket the notifications that a custom resource would give to it."""
    resources: dict[str, dict[str, Any]] = document.value["Resources"]
    name = _map(written.get("BucketName")).get("Ref")
    if not isinstance(name, str) or name not in resources:
        named = (key for key, each in resources.items() if each.get("Type") == "AWS::S3::Bucket")
        name = next((key for key in named if _name(resources[key]) == written.get("BucketName")), None)
    if name is None:
        return
    source = document.source(("Resources", name))
    properties = _map_below(document, resources[name], "Properties", source)
    configuration = _map_below(document, properties, "NotificationConfiguration", source)
    for list_name, entries in _map(written.get("NotificationConfiguration")).items():
        if list_name == "EventBridgeConfiguration":
            _map_below(document, configuration, list_name, source)["EventBridgeEnabled"] = True
        elif list_name in _OF_BUCKETS and isinstance(entries, list):
            target, arn, key = _OF_BUCKETS[list_name]
            made = [each for entry in entries if isinstance(entry, dict) for each in _entries(entry, arn, key)]
            configuration[target] = [*configuration.get(target, ()), *made]
            set_line(document.source_map, configuration, target, source)


def _map_below(document: Document, holder: dict[str, Any], key: str, source: Source) -> dict[str, Any]:
    """Return the map below a key, which is added where there is none."""
    if not isinstance(holder.get(key), dict):
        holder[key] = {}
        set_line(document.source_map, holder, key, source)
    found: dict[str, Any] = holder[key]
    return found


def _entries(entry: Mapping[str, Any], arn: str, key: str) -> Iterator[dict[str, Any]]:
    """Yield an entry of CloudFormation for each event of one of S3's API."""
    rules = _map(_map(entry.get("Filter")).get("Key")).get("FilterRules")
    events = entry.get("Events")
    for event in events if isinstance(events, list) else ():
        made = {"Event": event, key: entry.get(arn)}
        yield made | ({"Filter": {"S3Key": {"Rules": rules}}} if rules else {})


def _name(bucket: Mapping[str, Any]) -> Any:
    return _map(bucket.get("Properties")).get("BucketName")


def _put_texts(value: Any, texts: Mapping[str, str]) -> None:
    """Put a text in place of each reference to a function that is left out."""
    for key, child in value.items() if isinstance(value, dict) else enumerate(value):
        match child:
            case {"Ref": str(name)} if name in texts:
                value[key] = name
            case {"Fn::GetAtt": [str(name), _]} if name in texts:
                value[key] = texts[name]
            case dict() | list():
                _put_texts(child, texts)


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
