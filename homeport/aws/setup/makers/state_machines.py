"""State machines of Step Functions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.aws.setup.clients import Clients, text_of
from homeport.aws.setup.errors import CannotMakeError
from homeport.aws.setup.seed import Seed
from homeport.project.model import LOCAL_ACCOUNT, ServiceResource

_ROLE = f"arn:aws:iam::{LOCAL_ACCOUNT}:role/state-machine"


def make_state_machine(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a state machine, or change its definition."""
    states, arn, properties = clients("stepfunctions"), resource.physical_id, resource.properties
    definition = _definition(resource.logical_id, properties)
    role = str(properties.get("RoleArn") or _ROLE)
    try:
        there = states.describe_state_machine(stateMachineArn=arn)
    except states.exceptions.StateMachineDoesNotExist:
        kind = str(properties.get("StateMachineType", "STANDARD"))
        states.create_state_machine(name=arn.rpartition(":")[2], definition=definition, roleArn=role, type=kind)
        yield f"made state machine {arn.rpartition(':')[2]}"
        return
    if there["definition"] != definition:
        states.update_state_machine(stateMachineArn=arn, definition=definition)
        yield f"changed state machine {there['name']}"


def _definition(logical_id: str, properties: Mapping[str, Any]) -> str:
    written = properties.get("DefinitionString", properties.get("Definition"))
    if written is None:
        raise CannotMakeError(
            f"the definition of {logical_id} is not in the template",
            "write it there, as Definition or DefinitionString",
        )
    substitutions = properties.get("DefinitionSubstitutions") or {}

    def substitute(found: re.Match[str]) -> str:
        return text_of(substitutions[found[1]]) if found[1] in substitutions else found[0]

    return re.sub(r"\$\{([A-Za-z0-9_.-]+)\}", substitute, text_of(written))
