"""Inference of an API's model from the shapes of its document. Pure."""

from __future__ import annotations

import re
from collections import defaultdict

from homeport.contract.rest.resource import ApiModel, Resource
from homeport.project.model import Api, Operation

_ITEM = re.compile(r"(?P<collection>.*)/\{(?P<parameter>[^{}+]+)\}")


def infer_model(api: Api) -> ApiModel:
    """Return what the document says of resources, before corrections."""
    by_path: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in api.operations:
        by_path[operation.path][operation.method] = operation
    resources = []
    for path, methods in by_path.items():
        found = _ITEM.fullmatch(path)
        if found is None:
            continue
        collection = by_path.get(found["collection"], {})
        resources.append(
            Resource(
                name=found["collection"].rpartition("/")[2],
                collection=found["collection"] if collection else "",
                item=path,
                id_parameter=found["parameter"],
                id_property=found["parameter"],
                create=collection.get("POST"),
                read=methods.get("GET"),
                replace=methods.get("PUT"),
                change=methods.get("PATCH"),
                delete=methods.get("DELETE"),
            )
        )
    used = {operation.id for resource in resources for operation in resource.operations}
    others = tuple(operation for operation in api.operations if operation.id not in used)
    return ApiModel(tuple(resources), others, api.document)
