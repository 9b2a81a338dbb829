"""Rules for triggers: what Lambda and the services need to be allowed on AWS, where nobody is asked here.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-permissions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from homeport.errors import Problem
from homeport.project.model import Function
from homeport.project.project import Project
from homeport.project.triggers.function_references import FunctionReferences
from homeport.project.triggers.role_permissions import polling_actions
from homeport.project.triggers.trigger import (
    AnyTrigger,
    BucketTrigger,
    RuleTrigger,
    ScheduleTrigger,
    TopicTrigger,
)

_PERMISSION = "AWS::Lambda::Permission"


def polling_permissions(project: Project) -> Iterator[Problem]:
    """Lambda polls a source with the function's role: without its permissions, the mapping is refused."""
    for trigger in project.triggers.every:
        function = project.api.functions[trigger.function]
        missing = [action for action in polling_actions(trigger) if not _is_allowed(action, function)]
        if missing:
            yield Problem(
                f"{trigger.id} polls with the role of {function.name}, which lacks {', '.join(missing)}",
                function.source.file,
                function.source.line,
                "add them to x-homeport.policies: CloudFormation refuses the mapping without them",
            )


def invoke_permissions(project: Project) -> Iterator[Problem]:
    """A service that pushes events needs the permission to invoke the function."""
    references = FunctionReferences.of(project.api.functions.values(), project.stage)
    allowed = {
        (references.find(each.properties.get("FunctionName")), str(each.properties.get("Principal")))
        for each in project.resources.others.values()
        if each.type == _PERMISSION
    }
    for trigger in project.triggers.every:
        principal = _principal(trigger)
        if principal and (trigger.function, principal) not in allowed:
            yield Problem(
                f"{trigger.id} invokes {trigger.function} here, but on AWS no permission lets {principal} do so",
                trigger.source.file,
                trigger.source.line,
                f"add an {_PERMISSION} with Action lambda:InvokeFunction and Principal {principal}",
                "warning",
            )


def _principal(trigger: AnyTrigger) -> str:
    match trigger:
        case TopicTrigger():
            return "sns.amazonaws.com"
        case BucketTrigger():
            return "s3.amazonaws.com"
        case RuleTrigger():
            return "events.amazonaws.com"
        case ScheduleTrigger() if trigger.is_rule:
            return "events.amazonaws.com"
    # EventBridge Scheduler has a role, and a user pool its own check.
    return ""


def _is_allowed(action: str, function: Function) -> bool:
    """Return whether any statement allows an action; on which resources is for the deployment to say."""
    return any(
        statement.get("Effect", "Allow") == "Allow" and _has_action(statement, action)
        for statement in function.policies
    )


def _has_action(statement: Mapping[str, Any], action: str) -> bool:
    def covers(key: str) -> bool:
        written = statement.get(key)
        patterns = written if isinstance(written, list) else [written]
        return any(isinstance(each, str) and fnmatchcase(action.lower(), each.lower()) for each in patterns)

    return covers("Action") if "Action" in statement else not covers("NotAction")
