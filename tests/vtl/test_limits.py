"""No template hangs, fills the memory, or overflows the stack."""

from __future__ import annotations

import threading

import pytest

from homeport.vtl import LimitExceeded, RenderLimits, TemplateError, parse

_BOMBS = {
    "loops": "#foreach($a in [1..1000])" * 3 + "x" + "#end" * 3,
    "range": "#set($x = [1..900000000])$x.size()",
    "doubled text": "#set($s = 'aaaaaaaaaa')" + '#set($s = "$s$s")' * 30,
    "doubled list": "#set($l = [1, 2])" + "#set($ok = $l.addAll($l))" * 30,
    "nested maps": "#set($m = {})" + "#set($m = {'a': $m, 'b': $m})" * 40 + "$m",
    "compared maps": "#set($m = {})#set($n = {})"
    + "#set($m = {'a': $m, 'b': $m})#set($n = {'a': $n, 'b': $n})" * 40
    + "#if($m == $n)x#end",
    "map in itself": "#set($m = {})$m.put('m', $m)$m",
    "list in itself": "#set($l = [])$l.add($l)$l",
    "huge number": "#set($x = 10)" + "#set($x = $x * $x)" * 40 + "$x",
    "blocks that name blocks": "".join(f"#define($d{i})$d{i + 1}$d{i + 1}#end" for i in range(200)) + "$d0",
    "grown text": "#set($s = 'aaaaaaaaaa')" + "#set($s = $s.replace('a', $s))" * 4,
    "grown by pattern": "#set($s = 'aaaaaaaaaa')" + "#set($s = $s.replaceAll('a', $s))" * 4,
    "repeated": "#set($s = 'a')$s.repeat(2000000000)",
    "wide format": "#set($s = '')$s.format('%2000000000d', 5)",
    "long scans": "#set($s = $s.repeat(2000000))#foreach($i in [1..1000])$s.contains('b')#end",
}
_DEEP = {
    "parentheses": "#set($x = " + "(" * 5000 + "1" + ")" * 5000 + ")",
    "lists": "#set($x = " + "[" * 5000 + "]" * 5000 + ")",
    "blocks": "#if(true)" * 5000 + "#end" * 5000,
    "arguments": "$x.a(" * 5000 + ")" * 5000,
    "indexes": "$x[" * 5000 + "]" * 5000,
    "unknown directives": "#a(" * 5000,
}


@pytest.mark.parametrize("name", _BOMBS)
def test_bomb_ends_at_a_limit(name: str) -> None:
    with pytest.raises(LimitExceeded):
        parse(_BOMBS[name]).render({"s": "a"}, RenderLimits(steps=100_000))


@pytest.mark.parametrize("name", _DEEP)
def test_deep_nesting_is_rejected_when_it_is_read(name: str) -> None:
    with pytest.raises(TemplateError):
        parse(_DEEP[name])


def test_deepest_template_that_is_read_renders_far_down_the_stack() -> None:
    lists = "#set($x = " + "[" * 40 + "]" * 40 + ")$x"
    blocks = "#if((true && (1 == 1)) || $gone)" * 20 + "x" + "#end" * 20

    def render_at(depth: int) -> str:
        return render_at(depth - 1) if depth else parse(lists).render({}) + parse(blocks).render({})

    assert render_at(300) == "[" * 40 + "]" * 40 + "x"


def test_pattern_that_backtracks_for_ever_is_ended() -> None:
    template = parse("#foreach($i in [1..1000])$text.matches('(.*)*x(.*)*y(.*)*z')#end")
    with pytest.raises(LimitExceeded, match="regular expressions take more than"):
        template.render({"text": "x" * 30_000}, RenderLimits(pattern_seconds=0.2))


@pytest.mark.parametrize(
    "template",
    [
        "$" * 30_000 + " ",
        "\\" * 100_000 + "$x",
        "#a" + " " * 100_000 + "x",
        '#set($x = "' + '""' * 100_000 + '")',
        "$x.a" * 10_000,
        "#set($x = 1" + " + 1" * 10_000 + ")$x",
        "#set($x = " + "!" * 20_000 + "true)$x",
        "#if(true" + " && true" * 10_000 + ")x#end",
        "#* " * 100_000,
        "{" * 100_000,
    ],
    ids=lambda template: template[:12],
)
def test_long_template_is_read_and_rendered(template: str) -> None:
    assert parse(template).render({}) is not None


def test_loop_ends_after_a_thousand_rounds() -> None:
    assert parse("#foreach($i in [1..2000])x#if($i == 1000)$foreach.hasNext#end#end").render({}) == "x" * 1000 + "true"


def test_template_is_rendered_by_several_threads_at_once() -> None:
    template = parse("#set($t = '')#foreach($i in [1..200])#set($t = \"$t$n\")#end$t")
    rendered: dict[int, str] = {}

    def render(number: int) -> None:
        rendered[number] = template.render({"n": number})

    threads = [threading.Thread(target=render, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rendered == {number: str(number) * 200 for number in range(8)}


def test_rendering_leaves_the_mapping_of_variables_alone() -> None:
    variables: dict[str, object] = {"x": "1"}
    assert parse("#set($x = 2)#set($y = 3)$x$y").render(variables) == "23"
    assert variables == {"x": "1"}
