"""User pools of a project's own, whose tokens its authorizers take on this machine too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.model import Api, Authorizer, Resources, ServiceResource

_POOL = "AWS::Cognito::UserPool"
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


def with_pools(api: Api, resources: Resources) -> Api:
    """Return the API with the issuers and the audience of authorizers that take tokens of the project's user pools."""
    others = resources.others.values()
    pools = [each for each in others if each.type == _POOL]
    if not pools:
        return api
    names = dict(resources.names)
    for each in others:
        names[each.logical_id] = each.physical_id
        names.update({f"{each.logical_id}.{name}": value for name, value in each.attributes.items()})
    return replace(api, authorizers={name: _with_pools(each, pools, names) for name, each in api.authorizers.items()})


def _with_pools(authorizer: Authorizer, pools: list[ServiceResource], names: Mapping[str, Any]) -> Authorizer:
    texts = {_worked_out(text, names) for text in (authorizer.issuer or "", *authorizer.provider_arns)}
    issuers = [pool.attributes["ProviderURL"] for pool in pools if texts & set(pool.attributes.values())]
    if not issuers:
        return authorizer
    audience = tuple(_worked_out(text, names) for text in authorizer.audience)
    return replace(authorizer, pool_issuers=tuple(issuers), pool_audience=audience)


def _worked_out(text: str, names: Mapping[str, Any]) -> str:
    """Return a text in which the placeholders of ``Fn::Sub`` have their values, where these are known."""
    return _PLACEHOLDER.sub(lambda found: as_text(names.get(found[1], found[0])), text)
