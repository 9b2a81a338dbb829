"""The layers of a service, and those that its functions name.

https://www.serverless.com/framework/docs/providers/aws/guide/layers
"""

from __future__ import annotations

from typing import Any

from homeport.project.serverless.logical_names import PYTHON_REQUIREMENTS_LAYER, normal_name
from homeport.project.serverless.service import (
    Content,
    ServerlessFunction,
    ServerlessService,
    ServiceTemplate,
    optional,
    text_of,
)
from homeport.project.source.builder import Placed


def add_layers(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the layers of a service."""
    for name, layer in service.top.at("layers").items():
        if not layer.is_map("a layer, a map"):
            continue
        path = text_of(layer.at("package").at("artifact")) or text_of(layer.at("path"))
        if not path:
            layer.error(f"the layer {name} has no path", "write path: FOLDER")
            continue
        properties: Content = {
            "LayerName": Placed(text_of(layer.at("name")) or name, layer),
            "CompatibleRuntimes": optional(layer.at("compatibleRuntimes")),
            "Content": Placed({"LocalPath": path}, service.place_of_paths(layer)),
        }
        template.add(layer_id(name), "AWS::Lambda::LayerVersion", properties, layer)


def layer_id(name: str) -> str:
    """Return the logical id of a layer."""
    return f"{normal_name(name)}LambdaLayer"


def function_layers(service: ServerlessService, function: ServerlessFunction) -> Any:
    """Return the layers of a function: its own, else those of the provider.

    The layer that serverless-python-requirements makes is left out: its packages are installed for the function.
    """
    holder = function.settings.at("layers")
    if holder.value is None:
        holder = service.provider.at("layers")
    if not isinstance(holder.value, list):
        return None
    found = [entry for entry in holder.entries() if entry.value != {"Ref": PYTHON_REQUIREMENTS_LAYER}]
    return Placed(found, holder) if found else None
