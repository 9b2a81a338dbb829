"""State machines of the plugin serverless-step-functions.

https://github.com/serverless-operations/serverless-step-functions
"""

from __future__ import annotations

from typing import Any

from homeport.project.serverless.functions.roles import state_machine_role
from homeport.project.serverless.logical_names import function_id, normal_name
from homeport.project.serverless.service import ServerlessService, ServiceTemplate, text_of
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor


def add_state_machines(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the state machines of a service; in their definitions a function's key stands for its logical id."""
    section = service.top.at("stepFunctions")
    for key, machine in section.at("stateMachines").items():
        if not machine.is_map("a state machine, a map"):
            continue
        name = text_of(machine.at("id")) or text_of(machine.at("name"))
        logical_id = normal_name(name) if name else f"{normal_name(key)}StepFunctionsStateMachine"
        kind = text_of(machine.at("type")).upper() or "STANDARD"
        properties = {
            "StateMachineName": machine.at("name") if machine.has("name") else None,
            "StateMachineType": Placed(kind, machine),
            "Definition": _with_logical_ids(machine.at("definition"), service),
            "RoleArn": state_machine_role(machine.at("role"), template),
        }
        if machine.has("events"):
            machine.at("events").warning(f"the events of the state machine {key} do not start it here")
        template.add(logical_id, "AWS::StepFunctions::StateMachine", properties, machine)
    if section.has("activities"):
        section.at("activities").warning("activities of Step Functions are not emulated")


def _with_logical_ids(at: Cursor, service: ServerlessService) -> Any:
    """Return a definition in which references to a function's key are references to its resource."""
    match at.value:
        case {"Fn::GetAtt": [str(key), str(attribute)]} if service.function(key) is not None:
            return Placed({"Fn::GetAtt": [function_id(key), attribute]}, at)
        case {"Ref": str(key)} if service.function(key) is not None:
            return Placed({"Ref": function_id(key)}, at)
        case dict():
            return Placed({key: _with_logical_ids(child, service) for key, child in at.items()}, at)
        case list():
            return Placed([_with_logical_ids(child, service) for child in at.entries()], at)
    return at
