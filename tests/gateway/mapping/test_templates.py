"""``$input``, ``$util``, ``$context`` and the overrides."""

from __future__ import annotations

import pytest

from homeport.gateway.mapping import BodyNotReadable, TemplateScope, render
from homeport.vtl import TemplateError, parse


def rendered(template: str, body: str = "", scope: TemplateScope | None = None) -> str:
    """Return what a template renders for a body, or in a scope."""
    return render(parse(template), scope or TemplateScope(body=body))


@pytest.mark.parametrize(
    ("template", "body", "text"),
    [
        ("$input.body", "  {not json", "  {not json"),
        ("$input.body|$input.body.x", "", "{}|"),
        ("$input.path('$')", '{"a": "b", "c": [{"d": "e/f"}]}', '{a=b, c=[{"d":"e\\/f"}]}'),
        ("$input.path('$.c')", '{"c": [1, "x", null, 1.50]}', '[1,"x",null,1.5]'),
        ("$input.path('$.missing')|$input.path('$.n')", '{"n": null}', "|"),
        ("$input.path('$.a.b').c", '{"a": {"b": {"c": 5}}}', "5"),
        ("$input.path('$.l').size()", '{"l": [1, 2]}', "2"),
        ("$input.json('$')", '{"a": "é/x", "n": 1.0, "z": null}', '{"a":"é/x","n":1.0,"z":null}'),
        ("$input.json('$.a')", '{"a": "it\'s \\"q\\""}', '"it\'s \\"q\\""'),
        ("$input.json('$.missing')", "{}", '""'),
        ("$input.json('$')", "a=b", '"a=b"'),
        ("$input.json('$')", "", "{}"),
        ("$input.json('$.x')", "not json", '""'),
        ("$input.path('$')", "null{", "null{"),
        ('#set($i = 1)$input.path("$.l[${i}]")', '{"l": ["a", "b"]}', "b"),
        ("$input|$input.json|$util|$util.urlEncode", "", "|||"),
        ("#set($r = $input.path('$'))#set($r.added = 1)$input.json('$')", '{"a": 1}', '{"a":1,"added":1}'),
        ("#foreach($k in $input.path('$').keySet())$k#if($foreach.hasNext),#end#end", '{"b": 1, "a": 2}', "b,a"),
        ("$util.parseJson($input.body).a.b", '{"a": {"b": [1]}}', "[1]"),
        ("$util.parseJson('{x: 1,}')", "", "{x=1}"),
        ("$util.urlEncode('a b&c=*~é{')", "", "a+b%26c%3D*%7E%C3%A9%7B"),
        ("$util.urlDecode('a%3Db+c%C3%A9')", "", "a=b cé"),
        ("$util.base64Encode('é')$util.base64Decode('w6k=')$util.base64Decode('w6k')", "", "w6k=éé"),
        ("$util.escapeJavaScript($input.body)", 'it\'s "q"\n/é\\', 'it\\\'s \\"q\\"\\n\\/\\u00E9\\\\'),
        ('$util.escapeJavaScript($input.body).replaceAll("\\\\\'","\'")', "it's", "it's"),
        ("$util.urlEncode($gone)$util.nothing('x')", "", ""),
    ],
)
def test_template_renders_the_body(template: str, body: str, text: str) -> None:
    assert rendered(template, body) == text


@pytest.mark.parametrize("body", ["[a", '{"a": ', '"open', "{a}"])
def test_body_that_begins_as_json_and_is_none_can_not_be_read(body: str) -> None:
    for template in ("$input.path('$')", "$input.json('$.x')", "#if($input.path('$.a') == 1)x#end"):
        with pytest.raises(BodyNotReadable, match="at position"):
            rendered(template, body)
    assert rendered("$input.body", body) == body


@pytest.mark.parametrize(
    "template", ["$util.parseJson('{')", "$util.parseJson('')", "$util.urlDecode('%zz')", "$input.path('$.a[')"]
)
def test_fault_of_a_value_is_a_template_error(template: str) -> None:
    with pytest.raises(TemplateError):
        rendered(template)


def test_parameters_are_searched_in_the_path_the_query_string_and_the_headers() -> None:
    scope = TemplateScope(
        path={"a": "path"}, querystring={"a": "query", "b": "query"}, header={"a": "head", "b": "head", "X-C": "head"}
    )
    assert rendered(
        "$input.params('a') $input.params('b') $input.params('X-C') [$input.params('no')]", scope=scope
    ) == ("path query head []")
    assert rendered("$input.params().path.a $input.params().header.get('X-C')", scope=scope) == "path head"
    assert (
        rendered("#foreach($place in $input.params().keySet())$place #end", scope=scope) == "path querystring header "
    )


def test_context_and_stage_variables_are_read() -> None:
    scope = TemplateScope(
        context={"stage": "dev", "identity": {"sourceIp": "127.0.0.1"}, "requestTimeEpoch": 1},
        stage_variables={"one": "1", "a-b": "2"},
    )
    template = "$context.stage $context.identity.sourceIp $context.requestTimeEpoch $stageVariables.one"
    assert rendered(template, scope=scope) == "dev 127.0.0.1 1 1"
    assert rendered("$stageVariables['one'] ${stageVariables['a-b']} [$stageVariables.no]", scope=scope) == "1 2 []"
    # Recorded: the maps of $context print as nothing.
    assert rendered("[$context][$context.identity][\"$context.get('identity')\"]", scope=scope) == '[][][""]'
    assert rendered("$context.requestOverride.keySet() $context.responseOverride.keySet()", scope=scope) == (
        "[path, header, querystring] [header]"
    )


def test_template_does_not_change_the_context_that_it_was_given() -> None:
    context = {"stage": "dev", "identity": {"user": ""}}
    rendered("#set($context.stage = 'x')#set($context.identity.user = 'y')", scope=TemplateScope(context=context))
    assert context == {"stage": "dev", "identity": {"user": ""}}


@pytest.mark.parametrize(
    "twice",
    [
        "#set($context.requestOverride.header.X-A = '1')#set($context.requestOverride.header.x-a = '2')",
        "#set($context.requestOverride.path.id = '1')$context.requestOverride.path.put('id', '2')",
        "#foreach($i in [1, 2])#set($context.requestOverride.querystring.q = $i)#end",
        "#set($context.responseOverride.status = 200)#set($context.responseOverride.status = 400)",
    ],
)
def test_a_template_that_overrides_a_parameter_twice_fails(twice: str) -> None:
    with pytest.raises(TemplateError, match="twice"):
        rendered(twice)


def test_each_template_of_a_call_may_override_a_parameter_once() -> None:
    request = TemplateScope()
    rendered("#set($context.responseOverride.header.X-A = '1')", scope=request)
    response = TemplateScope(response_override=request.response_override)
    rendered("#set($context.responseOverride.header.X-A = '2')", scope=response)
    assert response.response_override["header"] == {"X-A": "2"}


def test_overrides_of_the_request_template_reach_the_response_template() -> None:
    request = TemplateScope()
    rendered(
        "#set($context.requestOverride.header.X-One = 'a')#set($context.requestOverride.path.body = 'b')"
        "$context.requestOverride.querystring.put('q', ['c', 'd'])#set($context.responseOverride.status = 444)"
        "#set($context.responseOverride.header['X-Two'] = 'e')#set($context.responseOverride.custom = 'f')",
        scope=request,
    )
    assert request.request_override == {
        "header": {"X-One": "a"},
        "path": {"body": "b"},
        "querystring": {"q": ["c", "d"]},
    }
    assert request.response_override == {"header": {"X-Two": "e"}, "status": 444, "custom": "f"}
    response = TemplateScope(request_override=request.request_override, response_override=request.response_override)
    assert rendered("$context.requestOverride.path.body $context.responseOverride.custom", scope=response) == "b f"
    assert TemplateScope().request_override == {"header": {}, "path": {}, "querystring": {}}
