"""Generated templates and bodies: mostly well-formed, some cut or garbled."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

NAMES = ("a", "b", "gone", "list", "map", "text", "num", "foreach.index", "foreach.hasNext", "velocityCount")
_WORDS = (
    "x",
    " ",
    "\n",
    "  ",
    "\t",
    '"',
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "é",
    "=",
    "(",
    ")",
    ".",
    "-",
    "0",
    "<b>",
    "\r\n",
)
_ODD = (
    "$",
    "#",
    "\\",
    "##",
    "#*",
    "*#",
    "#[[",
    "]]#",
    "$!",
    "${",
    "#end",
    "#else",
    "#{else}",
    "\\$a",
    "\\#if",
    "$$",
    "#$a",
)
_PROPERTIES = ("k", "size", "length", "a-b", "key", "class", "empty", "first")
_STRINGS = (
    "a",
    "",
    "k",
    "a b",
    "$a",
    "x$list[0]y",
    "''",
    "#if(true)t#end",
    "$",
    "\\n",
    "é'",
    "a,b,c",
    "[a-c]+",
    "(a+)+$",
)
_CALLS = (
    *("size()", "isEmpty()", "toString()", "length()", "keySet()", "values()", "entrySet()", "trim()", "toUpperCase()"),
    *("get(0)", 'get("k")', "get($num)", 'put("k", $a)', 'contains("a")', 'split(",")', "substring(1)", "add($b)"),
    *('replaceAll("a", "b")', 'matches("(a+)+b")', "subList(0, 1)", "remove(0)", "addAll($list)", 'indexOf("a")'),
    *("equals($b)", "toLowerCase()", 'replace("a", "$text")', "containsKey($a)", "putAll($map)", "set(0, $map)"),
)
_OPERATORS = ("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "and", "or", "eq", "lt", "ne")


@dataclass
class TemplateMaker:
    """Makes templates of a seed. ``roots`` are further references, such as ``$input.body``."""

    random: Random
    roots: tuple[str, ...] = ()

    def template(self) -> str:
        """Return a template; one in five is garbled."""
        text = self.block(self.random.randrange(4))
        return self.garble(text) if self.random.random() < 0.2 else text

    def garble(self, text: str) -> str:
        """Return a text with a part cut out, doubled, or replaced by something odd."""
        for _ in range(self.random.randint(1, 3)):
            start = self.random.randrange(len(text) + 1)
            end = min(len(text), start + self.random.randrange(4))
            middle = self.random.choice(("", text[start:end] * 2, self.random.choice(_ODD)))
            text = text[:start] + middle + text[end:]
        return text

    def block(self, depth: int) -> str:
        """Return a row of statements."""
        return "".join(self.statement(depth) for _ in range(self.random.randint(1, 5)))

    def statement(self, depth: int) -> str:
        """Return text, a reference or a directive."""
        match self.random.randrange(12 if depth > 0 else 7):
            case 0 | 1:
                return "".join(self.random.choices(_WORDS, k=self.random.randint(1, 3)))
            case 2 | 3:
                return self.reference(2)
            case 4 | 5:
                target = self.random.choice(
                    ("$a", "$b", "$list", "$map", "$text", "$num", "$map.k", "$list[0]", '$map["x"]')
                )
                return f"#set({target} = {self.expression(2)}){self.random.choice(('', chr(10), ' ', '  ' + chr(10)))}"
            case 6:
                return self.random.choice(
                    (*_ODD[:3], "##c\n", "#* c *#", "#[[ $a ]]#", "#foo", "#foo($a)", "\\$a", "#1")
                )
            case 7 | 8:
                otherwise = f"#else{self.block(depth - 1)}" if self.random.random() < 0.4 else ""
                elseif = f"#elseif({self.expression(1)}){self.block(depth - 1)}" if self.random.random() < 0.2 else ""
                return f"#if({self.expression(2)}){self.block(depth - 1)}{elseif}{otherwise}#end"
            case 9 | 10:
                return f"#foreach($i in {self.value(1)}){self.block(depth - 1)}$i#end"
            case _:
                return f"#define($d){self.block(depth - 1)}#end$d"

    def reference(self, depth: int) -> str:
        """Return a reference, with up to ``depth`` steps."""
        root = self.random.choice((*(f"${name}" for name in NAMES), "$i", "$d", *self.roots))
        steps = "".join(self._step(depth - 1) for _ in range(self.random.randrange(depth + 1)))
        if self.random.random() < 0.2 and "(" not in root:
            return f"${self.random.choice(('', '!'))}{{{root[1:]}{steps}}}"
        return f"{root}{steps}"

    def _step(self, depth: int) -> str:
        match self.random.randrange(4):
            case 0:
                return f".{self.random.choice(_PROPERTIES)}"
            case 1:
                return f"[{self.random.choice(('0', '-1', '$num', '5', chr(34) + 'k' + chr(34)))}]"
            case _:
                return f".{self.random.choice(_CALLS)}"

    def value(self, depth: int) -> str:
        """Return a value: a literal or a reference."""
        match self.random.randrange(9 if depth > 0 else 5):
            case 0:
                return str(self.random.choice((0, 1, -1, 5, 2147483647, 10**20)))
            case 1:
                return self.random.choice(("1.5", "0.1", "-2.0", "1e3", "true", "false", ".5", "100.0"))
            case 2:
                return f'"{self.random.choice(_STRINGS)}"'
            case 3:
                return f"'{self.random.choice(('a', 'b$a', '', '1'))}'"
            case 4:
                return self.reference(1)
            case 5:
                return f"[{', '.join(self.value(depth - 1) for _ in range(self.random.randint(1, 3)))}]"
            case 6:
                return f'{{"k": {self.value(depth - 1)}, "j": {self.value(depth - 1)}}}'
            case 7:
                return f"[{self.random.randint(-2, 3)}..{self.random.choice(('3', '$num', '-1'))}]"
            case _:
                return self.random.choice(("[]", "{}", "$list", "$map"))

    def expression(self, depth: int) -> str:
        """Return an expression."""
        if depth <= 0 or self.random.random() < 0.4:
            return self.value(1)
        match self.random.randrange(4):
            case 0:
                return f"({self.expression(depth - 1)})"
            case 1:
                return f"!{self.expression(depth - 1)}"
            case _:
                operator = self.random.choice(_OPERATORS)
                return f"{self.expression(depth - 1)} {operator} {self.expression(depth - 1)}"


def make_body(random: Random) -> str:
    """Return a body: mostly JSON, some of it broken, or plain text."""
    text = json.dumps(_json_value(random, 3), ensure_ascii=random.random() < 0.5)
    match random.randrange(6):
        case 0:
            return random.choice(
                ("", "a=b", "null", "[a", "{a: b}", "{'a': 'b',}", "null{", '"x', " ", "12abc", "[" * 3000)
            )
        case 1:
            start = random.randrange(len(text) + 1)
            return text[:start] + random.choice(("", ",", "}", '"', "\\", "'")) + text[start + random.randrange(3) :]
        case _:
            return text


def _json_value(random: Random, depth: int) -> object:
    match random.randrange(8 if depth > 0 else 5):
        case 0:
            return random.choice((0, 1, -5, 2**40, 10**25, 1.5, 1e30, 0.1))
        case 1:
            return random.choice((True, False, None))
        case 2 | 3 | 4:
            return random.choice(("", "a", "a/b", 'q"', "é", "\u2028", "it's", "a\nb", "<x>", "$a", "#if"))
        case 5 | 6:
            return {name: _json_value(random, depth - 1) for name in random.sample(("a", "b", "k", "a-b", "é"), 3)}
        case _:
            return [_json_value(random, depth - 1) for _ in range(random.randrange(4))]
