"""The pages to which the boxes of the diagram lead."""

from __future__ import annotations

from collections.abc import Callable

from homeport.inspector.diagram.graph import DiagramGraph, DiagramNode
from homeport.project.model import Resources, ServiceResource

Url = Callable[..., str]
"""Flask's ``url_for``."""


def node_links(graph: DiagramGraph, resources: Resources, api: str, url_for: Url) -> dict[str, str]:
    """Return the addresses of the nodes that have a page, by their ids."""
    found = {node.id: _link(node, resources, api, url_for) for node in graph.nodes}
    return {id: link for id, link in found.items() if link}


def _link(node: DiagramNode, resources: Resources, api: str, url_for: Url) -> str:
    match node.kind:
        case "route" | "integration":
            return url_for("send.form", operation=node.name, api=api or None)
        case "authorizer":
            return url_for("docs.show", api=api or None)
        case "function":
            return url_for("services.show_function", name=node.name)
        case "table":
            return url_for("tables.show_items", id=node.name)
        case "service":
            resource = resources.others.get(node.name)
            # A rule or a schedule is no resource of its own page; the overview has it.
            return _resource_link(resource, url_for) if resource else url_for("services.show_all")


def _resource_link(resource: ServiceResource, url_for: Url) -> str:
    id = resource.physical_id
    name = id.replace("/", ":").rpartition(":")[2]
    pages = {
        "AWS::SQS::Queue": ("show_queue", {"name": name}),
        "AWS::SNS::Topic": ("show_topic", {"arn": id}),
        "AWS::S3::Bucket": ("show_bucket", {"name": id}),
        "AWS::Events::EventBus": ("show_bus", {"name": id}),
        "AWS::Kinesis::Stream": ("show_stream", {"name": name}),
        "AWS::StepFunctions::StateMachine": ("show_machine", {"arn": id}),
        "AWS::SSM::Parameter": ("show_parameter", {"name": id}),
        "AWS::SecretsManager::Secret": ("show_secret", {"name": id}),
        "AWS::Cognito::UserPool": ("show_pool", {"id": id}),
        "AWS::KMS::Key": ("show_key", {"id": id}),
    }
    page, values = pages.get(resource.type, ("show_all", {}))
    return url_for(f"services.{page}", **values)
