"""Templates as projects write them: the request as an event, forms for SQS and SNS, DynamoDB items, error replies."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from homeport.gateway.mapping import TemplateScope, render
from homeport.vtl import parse

_REQUEST = TemplateScope(
    body='{"name": "O\'Neil \\"Q\\"", "tags": ["a", "b"], "address": {"city": "Köln"}, "n": 5, "none": null}',
    path={"id": "a b", "sort": "2"},
    querystring={"q": "x&y", "limit": "10"},
    header={"X-Trace": "t/1", "Accept": "*/*"},
    context={"httpMethod": "POST", "stage": "dev", "requestId": "r-1", "identity": {"sourceIp": "127.0.0.1"}},
    stage_variables={"table": "items", "env": "dev"},
)


def rendered(template: str, scope: TemplateScope = _REQUEST) -> str:
    """Return what a template renders."""
    return render(parse(template), scope)


def test_whole_request_becomes_an_event() -> None:
    template = """##  everything that came in
#set($all = $input.params())
{
"body" : $input.json('$'),
"params" : {
#foreach($place in $all.keySet())
    #set($named = $all.get($place))
"$place" : {
    #foreach($name in $named.keySet())
    "$name" : "$util.escapeJavaScript($named.get($name))"
        #if($foreach.hasNext),#end
    #end
}
    #if($foreach.hasNext),#end
#end
},
"variables" : {
#foreach($key in $stageVariables.keySet())
"$key" : "$util.escapeJavaScript($stageVariables.get($key))"#if($foreach.hasNext),#end

#end
},
"context" : {"method": "$context.httpMethod", "ip": "$context.identity.sourceIp", "user": "$context.identity.user"}
}
"""
    event = json.loads(rendered(template))
    assert event == {
        "body": json.loads(_REQUEST.body),
        "params": {"path": _REQUEST.path, "querystring": _REQUEST.querystring, "header": _REQUEST.header},
        "variables": _REQUEST.stage_variables,
        "context": {"method": "POST", "ip": "127.0.0.1", "user": ""},
    }


def test_comment_directly_after_a_property_is_text() -> None:
    # Velocity 1.7's lexer does not see it there; braces help.
    assert rendered("$context.stage## a\n${context.stage}## b\n") == "dev## a\ndev"


def test_block_that_is_defined_once_prints_each_map() -> None:
    template = """#define($members)
{#foreach($key in $map.keySet())
    "$util.escapeJavaScript($key)": "$util.escapeJavaScript($map.get($key))"#if($foreach.hasNext), #end
#end}
#end
{"method": "$context.httpMethod",
  #set($map = $input.params().header)
  "headers": $members,
  #set($map = $input.params().path)
  "path": $members
}"""
    assert json.loads(rendered(template)) == {"method": "POST", "headers": _REQUEST.header, "path": _REQUEST.path}


def test_text_is_collected_in_a_string_with_other_marks_for_quotes() -> None:
    template = """#set($text = '')
#set($withPath = true)
{
    "machine": "m",
    #set($text = "$text,@@body@@: $input.body")
    #if ($withPath)
        #set($text = "$text, @@path@@:{")
        #foreach($name in $input.params().path.keySet())
            #set($text = "$text @@$name@@: @@$util.escapeJavaScript($input.params().path.get($name))@@")
            #if($foreach.hasNext)
                #set($text = "$text,")
            #end
        #end
        #set($text = "$text }")
    #end
    #set($text = "$text}")
    #set($text = $text.replaceAll("@@",'"'))
    #set($length = $text.length() - 1)
    "input": "{$util.escapeJavaScript($text.substring(1,$text.length())).replaceAll("\\\\'","'")}"
}
"""
    document = json.loads(rendered(template))
    assert json.loads(document["input"][:-1]) == {"body": json.loads(_REQUEST.body), "path": _REQUEST.path}


@pytest.mark.parametrize(
    ("template", "form"),
    [
        ("Action=SendMessage&MessageBody=$util.urlEncode($input.body)", {"MessageBody": _REQUEST.body}),
        (
            "#set($message = $util.urlEncode($input.json('$.address')))\nAction=Publish&Message=$message"
            "&TopicArn=$util.urlEncode('arn:aws:sns:eu-west-1:000000000000:t')",
            {"Message": '{"city":"Köln"}', "TopicArn": "arn:aws:sns:eu-west-1:000000000000:t"},
        ),
        (
            "Action=SendMessage##\n&MessageGroupId=${context.requestId}##\n&MessageBody=$util.urlEncode(\"$input.path('$.n')\")",
            {"MessageGroupId": "r-1", "MessageBody": "5"},
        ),
    ],
)
def test_form_for_a_queue_or_a_topic(template: str, form: dict[str, str]) -> None:
    read = {name: values[0] for name, values in parse_qs(rendered(template), strict_parsing=True).items()}
    assert read.pop("Action") in ("SendMessage", "Publish")
    assert read == form


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            '{"TableName": "${stageVariables.table}", "Key": {"id": {"S": "$input.params(\'id\')"}},'
            ' "UpdateExpression": "set #n = :n, #c = if_not_exists(#c, :zero)",'
            ' "ExpressionAttributeNames": {"#n": "name", "#c": "count"},'
            ' "ExpressionAttributeValues": {":n": {"S": $input.json(\'$.name\')}, ":zero": {"N": "0"}}}',
            {
                "TableName": "items",
                "Key": {"id": {"S": "a b"}},
                "UpdateExpression": "set #n = :n, #c = if_not_exists(#c, :zero)",
                "ExpressionAttributeNames": {"#n": "name", "#c": "count"},
                "ExpressionAttributeValues": {":n": {"S": 'O\'Neil "Q"'}, ":zero": {"N": "0"}},
            },
        ),
        (
            "#set($root = $input.path('$'))\n{\"tags\": [\n#foreach($tag in $root.tags)\n"
            '  {"S": "$tag"}#if($foreach.hasNext),#end\n\n#end\n], "n": {"N": "$root.n"}, "none": "$root.none.x"}',
            {"tags": [{"S": "a"}, {"S": "b"}], "n": {"N": "5"}, "none": ""},
        ),
        (
            "#set($Integer = 0)#set($limit = $Integer.parseInt($input.params('limit')))\n"
            "#if($limit > 5 && $limit <= 10)\n"
            '{"limit": $limit, "next": #set($next = $limit + 1)$next}\n#else\n{}\n#end',
            {"limit": 10, "next": 11},
        ),
        (
            '#set($hasNext = $input.params("cursor") != "")\n'
            '{#if($hasNext)"cursor": "$input.params("cursor")",#end "more": $hasNext}',
            {"more": False},
        ),
        (
            '#set($list = [])#foreach($t in $input.path("$.tags"))#set($ok = $list.add("""$t"""))#end{"l": $list}',
            {"l": ["a", "b"]},
        ),
        (
            '{"keys": "#foreach($e in $input.path(\'$.address\').entrySet())$e.key=$e.value;#end"}',
            {"keys": "city=Köln;"},
        ),
        ('#if($input.path("$.tags").contains("a"))\n{"a": true}\n#{else}{"a": false}#end', {"a": True}),
        (
            "#set($body = $input.path('$'))#set($body.stage = $context.stage)#set($x = $body.remove('none'))"
            "$input.json('$.stage')",
            "dev",
        ),
    ],
)
def test_json_that_a_template_writes(template: str, expected: Any) -> None:
    assert json.loads(rendered(template)) == expected


@pytest.mark.parametrize(
    ("body", "status", "reply"),
    [
        ('{"errorMessage": "[404] no such item", "errorType": "Missing"}', 404, {"message": "[404] no such item"}),
        ('{"Item": {"id": {"S": "1"}, "price": {"N": "2.50"}}}', None, {"id": "1", "price": 2.5}),
        ("{}", 404, {"message": "nothing"}),
    ],
)
def test_reply_with_a_status_of_its_own(body: str, status: int | None, reply: dict[str, Any]) -> None:
    template = """#set($root = $input.path('$'))
#if($root.toString().contains("errorMessage"))
#set($context.responseOverride.status = 404)
{"message": "$root.errorMessage"}
#elseif($root.Item == "")
    #set($context.responseOverride.status = 404)
    #set($context.responseOverride.header.X-Missing = "yes")
{"message": "nothing"}
#else
{"id": "$root.Item.id.S", "price": $root.Item.price.N}
#end"""
    scope = TemplateScope(body=body)
    assert json.loads(rendered(template, scope)) == reply
    assert scope.response_override.get("status") == status
