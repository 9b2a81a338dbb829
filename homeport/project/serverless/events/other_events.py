"""User pools that invoke functions, and the events that are not run here: each kind is named once.

https://www.serverless.com/framework/docs/providers/aws/events/cognito-user-pool
"""

from __future__ import annotations

from typing import Any

from homeport.project.names import did_you_mean
from homeport.project.serverless.logical_names import WEBSOCKET_API, function_id, plain_name
from homeport.project.serverless.service import ServerlessService, ServiceTemplate, arn_of, is_set, text_of
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_READ = (
    *("http", "httpApi", "sqs", "stream", "sns", "s3", "schedule", "eventBridge", "cloudwatchEvent"),
    *("cognitoUserPool", "websocket"),
)
_NOT_RUN = {
    "activemq": "a broker of Amazon MQ",
    "alb": "a load balancer",
    "alexaSkill": "Alexa",
    "alexaSmartHome": "Alexa",
    "cloudFront": "CloudFront",
    "cloudwatchLog": "a group of CloudWatch Logs",
    "iot": "AWS IoT",
    "iotFleetProvisioning": "AWS IoT",
    "kafka": "a cluster of Kafka",
    "msk": "a cluster of Kafka",
    "rabbitmq": "a broker of Amazon MQ",
}


def add_user_pools(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the user pools of ``cognitoUserPool`` events, with the functions that they invoke."""
    pools: dict[str, dict[str, Any]] = {}
    places: dict[str, Cursor] = {}
    for entry in service.events("cognitoUserPool"):
        at = entry.settings
        if not at.is_map("a cognitoUserPool event, a map"):
            continue
        pool = at.at("pool")
        name = text_of(pool) or "Pool"
        if is_set(at.at("existing")):
            at.warning(f"the user pool {name} is made outside: it does not invoke {entry.function.key} here")
            continue
        arn = Placed(arn_of(function_id(entry.function.key)), at)
        pools.setdefault(name, {})[text_of(at.at("trigger"))] = arn
        places.setdefault(name, at)
    for name, triggers in pools.items():
        properties = {"UserPoolName": name, "LambdaConfig": triggers}
        template.add(f"CognitoUserPool{plain_name(name)}", "AWS::Cognito::UserPool", properties, places[name])


def add_websocket_api(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the WebSocket API of ``websocket`` events, which is named as not emulated."""
    found = service.events("websocket")
    if found:
        properties = {"Name": f"{service.stage}-{service.name}-websockets", "ProtocolType": "WEBSOCKET"}
        template.add(WEBSOCKET_API, "AWS::ApiGatewayV2::Api", properties, found[0].settings)


def report_other_events(service: ServerlessService) -> None:
    """Name the events that are not run here, and those that the framework does not know."""
    known = (*_READ, *_NOT_RUN)
    found: dict[str, list[tuple[Cursor, str]]] = {}
    for function in service.functions:
        for event in function.events:
            if not isinstance(event.value, dict):
                event.warning(f"an event of {function.key} is no map: it is left out", "write - http: GET /items")
            for kind, settings in event.items():
                if kind not in _READ:
                    found.setdefault(kind, []).append((settings, function.key))
    for kind, entries in found.items():
        at, names = entries[0][0], ", ".join(dict.fromkeys(name for _, name in entries))
        if kind in _NOT_RUN:
            first = entries[0][1]
            hint = f"homeport invoke {function_id(first)} --event FILE does it here"
            at.warning(f"{_NOT_RUN[kind]} invokes {names} on AWS, and not here ({kind})", hint)
        else:
            at.warning(f"the event {kind!r} of {names} is not known: it is left out", did_you_mean(kind, known))
