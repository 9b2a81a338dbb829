"""Methods of strings, numbers, lists and maps."""

from __future__ import annotations

import pytest

from homeport.vtl import parse


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("$s.length()", "9"),
        ("$s.contains('bar')", "true"),
        ("$s.indexOf('bar')", "3"),
        ("$s.indexOf('o', 2)", "2"),
        ("$s.lastIndexOf('o')", "2"),
        ("$s.substring(3)", "bar123"),
        ("$s.substring(3, 6)", "bar"),
        ("$s.charAt(0)", "f"),
        ("$s.toUpperCase()", "FOOBAR123"),
        ("$s.replace('o', '0')", "f00bar123"),
        ("$s.replaceAll('[0-9]+', '<$0>')", "foobar<123>"),
        ("$s.replaceAll('(o)(b)', '$2$1')", "foboar123"),
        ("$s.replaceFirst('o', '')", "fobar123"),
        ("$s.matches('[a-z]+')", "false"),
        ("$s.matches('[a-z]+[0-9]{3}')", "true"),
        ("$s.split('o').size()", "3"),
        ("$s.split('o')[2]", "bar123"),
        ("$s.split('').size()", "9"),
        ("$s.split('o', 2)[1]", "obar123"),
        ("$s.startsWith('foo')$s.endsWith('3')$s.isEmpty()", "truetruefalse"),
        ("$s.equalsIgnoreCase('FOOBAR123')$s.equals(1)", "truefalse"),
        ("$s.concat('!')", "foobar123!"),
        ("$s.compareTo('foobar124')", "-1"),
        ("$hello.hashCode()", "99162322"),
        ("$s.format('%s-%05d-%.2f-%x', 'a', 42, 1.005, 255)", "a-00042-1.01-ff"),
        ("$s.format('%,d %+d %c %08.3f', 1234567, 5, 'x', 2.5)", "1,234,567 +5 x 0002.500"),
        ("$s.format('%-4s|%4s|%b%%', 'x', 'y', true)", "x   |   y|true%"),
        ("$s.join('-', ['a', 1, true])", "a-1-true"),
        ("$s.valueOf(1.0)", "1.0"),
        ("$s.substring('x')$s.nothing()$s.length", ""),
        ("$n.parseInt('42')", "42"),
        ("$n.toHexString(255)$n.max(3, 4)$n.intValue()", "ff45"),
        ("$r.parseDouble('1.50')", "1.5"),
        ("$r.intValue()$r.isNaN()", "2false"),
        ("$b.parseBoolean('TRUE')$b.toString()", "truetrue"),
    ],
)
def test_method_of_a_scalar_gives_javas_result(call: str, text: str) -> None:
    variables = {"s": "foobar123", "hello": "hello", "n": 5, "r": 2.75, "b": True}
    assert parse(call).render(variables) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$l.size()$l.get(0)$l.contains(2)$l.contains('2')$l.indexOf(3)", "31truefalse2"),
        ("$l.add(4) $l", "true [1, 2, 3, 4]"),
        ("$l.add(0, 9)$l", "[9, 1, 2, 3]"),
        ("$l.set(0, 7) $l", "1 [7, 2, 3]"),
        ("$l.remove(0) $l.remove('x') $l", "1 false [2, 3]"),
        ("$l.addAll([4, 5])$l.subList(1, 3)$l.isEmpty()", "true[2, 3]false"),
        ("$l.removeAll([1, 2])$l$l.clear()$l", "true[3][]"),
        ("$l[-1]$l[0]", "31"),
        ("#set($l[1] = 'x')$l", "[1, x, 3]"),
        ("$m.put('a', 2) ($m.put('b', 3))$m", "1 (){a=2, b=3}"),
        ("$m.get('a')$m.a$m['a']$m.size()$m.containsKey('a')$m.containsValue(1)", "1111truetrue"),
        ("$m.keySet()$m.values()$m.entrySet()$m.keySet().contains('a')", "[a][1][a=1]true"),
        ("$m.keySet().get(0)$m.values()[0]", ""),
        ("$m.getOrDefault('x', 5)$m.putIfAbsent('a', 6)$m.remove('a')$m.isEmpty()", "511true"),
        ("#foreach($e in $m.entrySet())$e.key=$e.value;$e.getKey()$e.setValue(8)#end$m", "a=1;a1{a=8}"),
        ("#foreach($v in $m)$v#end", "1"),
        ("#set($m['x y'] = 1)#set($m.z = {})#set($m.z.q = 2)$m", "{a=1, x y=1, z={q=2}}"),
        ("$m.putAll({'a': 5, 'c': 6})$m", "{a=5, c=6}"),
    ],
)
def test_method_of_a_container_gives_javas_result(template: str, text: str) -> None:
    assert parse(template).render({"l": [1, 2, 3], "m": {"a": 1}}) == text


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"\d{3}-\p{L}+", "123-é", True),
        (r"[a-z&&[^b]]+", "abc", False),
        (r"[a-z&&[^b]]+", "acd", True),
        (r"\Qa.b\E", "a.b", True),
        (r"\Qa.b\E", "axb", False),
        (r"(?i)ABC", "abc", True),
        (r"(a+)\1", "aaaa", True),
        (r"2(?!06)\d{2}", "206", False),
        (r"a++a", "aaa", False),
        (r"\w+", "é", False),
        (r"[\w.-]+@\p{Alpha}+\Z", "a.b-c@x\n", False),
        (r"[\d\-]+", "1-2", True),
        (r"(?<year>\d{4})", "2026", True),
        (".*", "a\nb", False),
        ("(?s).*", "a\nb", True),
    ],
)
def test_pattern_is_javas(pattern: str, text: str, matches: bool) -> None:
    assert parse("$t.matches($p)").render({"t": text, "p": pattern}) == str(matches).lower()
