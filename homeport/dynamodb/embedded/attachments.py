"""Tags, resource policies and contributor insights: the things that a table has beside its items.

ministack keeps them; the limits, the revisions of policies and the end of all of them with their table are here. The
policies are kept and returned, not enforced.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/contributorinsights_HowItWorks.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .validation.messages import INVALID

Answer = Any

_MOST_TAGS = 50
# Letters, numbers and white space of any language, and + - = . _ : / @
_TAG_TEXT = re.compile(r"[\w\s+\-=.:/@]*")
_TERMINAL = {"ENABLING": "ENABLED", "DISABLING": "DISABLED"}
# The rules of CloudWatch: C counts accesses, T throttles, of partition keys (PK) and of sort keys (SK).
_RULES = {"ACCESSED_AND_THROTTLED_KEYS": "CT", "THROTTLED_KEYS": "T"}


class Attachments:
    """The tags, policies and insights of ``dynamodb``, ministack's module, whose functions it replaces."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        for name, replacement in (
            ("_create_table", self._create_table),
            ("_delete_table", self._without_rests),
            ("_update_table", self._without_rests),
            ("_tag_resource", self._tag),
            ("_list_tags", self._list_tags),
            ("_put_resource_policy", self._put_policy),
            ("_delete_resource_policy", self._delete_policy),
            ("_update_contributor_insights", self._update_insights),
            ("_list_contributor_insights", self._list_insights),
        ):
            setattr(dynamodb, name, _wrap(replacement, getattr(dynamodb, name)))

    def _create_table(self, carry_out: Callable[[Any], Answer], data: Any) -> Answer:
        message = tags_error(data.get("Tags") or (), ())
        if message is None and "ResourcePolicy" in data:
            message = policy_error(data["ResourcePolicy"])
        if message is not None:
            return self._error("ValidationException", message)
        answer = carry_out(data)
        if answer[0] == 200 and "ResourcePolicy" in data:
            arn = json.loads(answer[2])["TableDescription"]["TableArn"]
            self._dynamodb._put_resource_policy({"ResourceArn": arn, "Policy": data["ResourcePolicy"]})
        return answer

    def _without_rests(self, carry_out: Callable[[Any], Answer], data: Any) -> Answer:
        """Carry out a request, and forget what belongs to tables and indexes that are gone after it."""
        answer = carry_out(data)
        if answer[0] == 200:
            module = self._dynamodb
            for arn in [
                arn for arn in module._resource_policies if module._table_name_from_arn(arn) not in module._tables
            ]:
                module._resource_policies.pop(arn)
            for key in [key for key in module._contributor_insights if not self._has_resource(key)]:
                module._contributor_insights.pop(key)
        return answer

    def _has_resource(self, key: str) -> bool:
        name, _, index = key.partition("/index/")
        table = self._dynamodb._tables.get(name)
        indexes = (table or {}).get("GlobalSecondaryIndexes") or ()
        return table is not None and (not index or any(each["IndexName"] == index for each in indexes))

    def _tag(self, carry_out: Callable[[Any], Answer], data: Any) -> Answer:
        kept = self._dynamodb._tags.get(data["ResourceArn"], [])
        message = self._resource_error(data) or tags_error(data["Tags"], [tag["Key"] for tag in kept])
        if message is None and not data["Tags"]:
            message = f"{INVALID}: The list of tags is empty"
        return carry_out(data) if message is None else self._error("ValidationException", message)

    def _list_tags(self, carry_out: Callable[[Any], Answer], data: Any) -> Answer:
        message = self._resource_error(data)
        if message is None and data.get("NextToken"):
            # All of the 50 tags are on one page.
            message = f"{INVALID}: NextToken is not one that a page ended with"
        return carry_out(data) if message is None else self._error("ValidationException", message)

    def _resource_error(self, data: Any) -> str | None:
        arn = data["ResourceArn"]
        if "/index/" not in arn or self._dynamodb._table_name_from_arn(arn) is None:
            return None
        accepted = "Invalid resource arn provided, only table or stream is accepted"
        return f"{INVALID}: {accepted}. Provided resource arn: {arn}"

    def _put_policy(self, carry_out: Callable[[Any], Answer], data: Any) -> Answer:
        message = policy_error(data["Policy"])
        if message is not None:
            return self._error("ValidationException", message)
        known = self._dynamodb._resource_policies.get(data["ResourceArn"])
        answer = carry_out(data)
        if answer[0] == 200 and known is not None and json.loads(known["Policy"]) == json.loads(data["Policy"]):
            # The same document again keeps its revision.
            self._dynamodb._resource_policies[data["ResourceArn"]] = known
            return self._dynamodb.json_response({"RevisionId": known["RevisionId"]})
        return answer

    def _delete_policy(self, carry_out: Callable[[Any], Answer], data: Any) -> Answer:
        answer = carry_out(data)
        if answer[0] == 200 and not json.loads(answer[2])["RevisionId"]:
            return self._dynamodb.json_response({})
        return answer

    def _update_insights(self, carry_out: Callable[[Any], Answer], data: Any) -> Answer:
        answer = carry_out(data)
        if answer[0] != 200:
            return answer
        module = self._dynamodb
        name = module._normalize_table_name(data["TableName"])
        entry = module._contributor_insights[module._ci_key(name, data.get("IndexName"))]
        mode = data.get("ContributorInsightsMode") or "ACCESSED_AND_THROTTLED_KEYS"
        # The response has the change in progress; a later request finds it complete.
        entry["ContributorInsightsStatus"] = _TERMINAL[entry["ContributorInsightsStatus"]]
        entry["ContributorInsightsMode"] = mode
        if data["ContributorInsightsAction"] == "ENABLE":
            schema = self._key_schema(module._tables[name], data.get("IndexName"))
            resource = "-".join(filter(None, (name, data.get("IndexName"))))
            entry["ContributorInsightsRuleList"] = insight_rules(resource, len(schema), mode, module.time.time())
        return module.json_response({**json.loads(answer[2]), "ContributorInsightsMode": mode})

    def _key_schema(self, table: Any, index: str | None) -> Any:
        indexes = table.get("GlobalSecondaryIndexes") or ()
        return next((each["KeySchema"] for each in indexes if each["IndexName"] == index), table["KeySchema"])

    def _list_insights(self, carry_out: Callable[[Any], Answer], data: Any) -> Answer:
        answer = carry_out({name: value for name, value in data.items() if value})
        if answer[0] != 200:
            return answer
        page = json.loads(answer[2])
        for each in page["ContributorInsightsSummaries"]:
            entry = self._dynamodb._contributor_insights[
                self._dynamodb._ci_key(each["TableName"], each.get("IndexName"))
            ]
            if "ContributorInsightsMode" in entry:
                each["ContributorInsightsMode"] = entry["ContributorInsightsMode"]
        return self._dynamodb.json_response(page)

    def _error(self, name: str, message: str) -> Answer:
        return self._dynamodb.error_response_json(name, message, 400)


def _wrap(
    wrap: Callable[[Callable[[Any], Answer], Any], Answer], carry_out: Callable[[Any], Answer]
) -> Callable[[Any], Answer]:
    return lambda data: wrap(carry_out, data)


def tags_error(tags: Iterable[Mapping[str, str]], kept: Iterable[str]) -> str | None:
    """Return the message for tags that a resource with the keys ``kept`` can't get.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html#TaggingRestrictions
    """
    keys = [tag["Key"] for tag in tags]
    for tag in tags:
        for text in (tag["Key"], tag["Value"]):
            if not _TAG_TEXT.fullmatch(text):
                return (
                    f"{INVALID}: {text!r} has a character that no tag may have: letters, numbers, spaces and +-=._:/@"
                )
        if tag["Key"].lower().startswith("aws:"):
            return f"{INVALID}: The tag key {tag['Key']} begins with aws:, which is reserved for AWS"
    twice = next((key for place, key in enumerate(keys) if key in keys[:place]), None)
    if twice is not None:
        return f"{INVALID}: The tag key {twice} is there more than once"
    count = len({*keys, *kept})
    return f"{INVALID}: {count} tags are more than the {_MOST_TAGS} of a resource" if count > _MOST_TAGS else None


def policy_error(text: str) -> str | None:
    """Return the message for a text that is no policy."""
    try:
        policy = json.loads(text)
    except ValueError as error:
        return f"{INVALID}: Invalid policy document: it is no JSON ({error})"
    if not isinstance(policy, dict) or not policy.get("Statement"):
        return f"{INVALID}: Invalid policy document: it has no Statement"
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    for each in statements:
        missing = [
            name
            for name in ("Effect", "Principal", "Action")
            if not isinstance(each, dict) or not (name in each or f"Not{name}" in each)
        ]
        if missing:
            return f"{INVALID}: Invalid policy document: a Statement has no {missing[0]}"
    return None


def insight_rules(resource: str, keys: int, mode: str, now: float) -> list[str]:
    """Return the names of the rules that CloudWatch has for a table or an index with this number of key attributes."""
    kinds = [f"{key}{what}" for what in _RULES[mode] for key in ("PK", "SK")[: min(keys, 2)]]
    return [f"DynamoDBContributorInsights-{kind}-{resource}-{int(now * 1000)}" for kind in kinds]
