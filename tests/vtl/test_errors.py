"""A template that can't be read says where and why."""

from __future__ import annotations

import pytest

from homeport.vtl import TemplateError, parse


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("a\n#if($x)\nb", "line 2, column 1: #if has no #end"),
        ("a\n  #end", "line 2, column 3: #end has no #if or other block before it"),
        ("#if $x\n#end", "line 1, column 4: #if needs parentheses"),
        ("#set($x = )", "line 1, column 11: an expression is missing here"),
        ("#set($x 1)", "line 1, column 9: #set: '=' is missing"),
        ("#set($x = 5 -1)", "line 1, column 13: #set: ')' is missing"),
        ("${x", "line 1, column 4: ${x: '}' is missing"),
        ("{\n  $list.get($i + 1)", "line 2, column 16: the arguments of get are values, separated by commas"),
        ('#set($x = "a)', "line 1, column 11: the string does not end"),
        ("#set($x = [1, 2)", "line 1, column 16: the list: ']' is missing"),
        ('#set($x = {"a" 1})', "line 1, column 16: the entry of a map: ':' is missing"),
        ("price: 5$", "line 1, column 9: a template may not end in $"),
        ("#[[ never", "line 1, column 4: #[[ does not end in ]]#"),
        ('a\nb "#set($x = "$y.z(")")', "line 2, column 14: "),
    ],
)
def test_template_that_can_not_be_read_names_line_and_column(template: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(template)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ('ok\n#set($s = "abc")$s.substring(9)', "line 2, column 17: substring(9, 3) is out of bounds"),
        ("#set($l = [1])\n$l.get(1)", "line 2, column 1: the index 1 is out of bounds"),
        ("#set($l = [1])\n\n $l[3]", "line 3, column 2: the index 3 is out of bounds"),
        ('#set($s = "a")$s.replaceAll("[", "")', "line 1, column 15: '[' is no regular expression"),
        ('#set($s = "a")$s.replaceAll("a", "$")', "line 1, column 15: a $ in a replacement names no group"),
        ('#set($n = 0)$n.parseInt("x")', "line 1, column 13: 'x' is no whole number"),
        ('#set($s = "a")$s.codePoints()', "line 1, column 15: the method String.codePoints is not available here"),
        ("#set($l = [1, 2])#foreach($x in $l)$l.add(1)#end", "a #foreach changes the list or map"),
    ],
)
def test_template_that_fails_while_it_renders_names_the_reference(template: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(template).render({})
    assert message in str(caught.value)
