"""The templates that make the event of a function behind ``integration: lambda``, where the owner writes none.

https://www.serverless.com/framework/docs/providers/aws/events/apigateway#example-lambda-event-before-customization
"""

from __future__ import annotations

from homeport.project.serverless.rest_api.http_event import HttpEvent
from homeport.project.serverless.service import Content

_FORM = """\
{#foreach($token in $input.path('$').split('&'))#set($pair = $token.split('='))#if($pair.size() > 0)
"$util.escapeJavaScript($util.urlDecode($pair[0]))": \
"#if($pair.size() > 1)$util.escapeJavaScript($util.urlDecode($pair[1])).replaceAll("\\\\'", "'")#end"\
#if($foreach.hasNext),#end#end#end}"""

_MAPS = {
    "enhancedAuthContext": "$context.authorizer",
    "headers": "$input.params().header",
    "query": "$input.params().querystring",
    "path": "$input.params().path",
    "identity": "$context.identity",
    "stageVariables": "$stageVariables",
}


def request_templates(event: HttpEvent, claims: tuple[str, ...]) -> Content | None:
    """Return the request templates of a custom integration by media type: the owner's, over those of the framework."""
    made: Content = {}
    if event.integration == "AWS":
        made["application/json"] = _event_template("$input.json('$')", claims)
        made["application/x-www-form-urlencoded"] = _event_template(_FORM, claims)
    for media_type, template in event.settings.at("request").at("template").items():
        if template.value is None:
            made.pop(media_type, None)
        else:
            made[media_type] = template
    return made or None


def _event_template(body: str, claims: tuple[str, ...]) -> str:
    lines = [
        f'"body": {body}',
        '"method": "$context.httpMethod"',
        '"principalId": "$context.authorizer.principalId"',
        '"stage": "$context.stage"',
        f'"cognitoPoolClaims": {{{", ".join([*map(_claim, claims), _claim("sub")])}}}',
        *(f'"{name}": {_object(reference)}' for name, reference in _MAPS.items()),
        '"requestPath": "$context.resourcePath"',
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _claim(name: str) -> str:
    if ":" in name:
        return f'"{name.partition(":")[2]}": "$context.authorizer.claims[\'{name}\']"'
    return f'"{name}": "$context.authorizer.claims.{name}"'


def _object(reference: str) -> str:
    """Return a template of a JSON object with the entries of a map, all as texts."""
    value = f'$util.escapeJavaScript({reference}.get($name)).replaceAll("\\\\\'", "\'")'
    entry = f'"$util.escapeJavaScript($name)": "{value}"'
    return f"{{#foreach($name in {reference}.keySet()){entry}#if($foreach.hasNext), #end#end}}"
