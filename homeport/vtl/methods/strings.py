"""The methods of String."""

from __future__ import annotations

from homeport.vtl.errors import TemplateError
from homeport.vtl.java_format import format_text
from homeport.vtl.java_regex import JavaPattern
from homeport.vtl.limits import Meter
from homeport.vtl.methods.table import MethodTable, is_any, is_integer, is_list, is_text
from homeport.vtl.values import JavaArray, to_text

STRING = MethodTable(
    "String",
    missing=(
        *("chars", "codePointAt", "codePointBefore", "codePointCount", "codePoints", "contentEquals", "getChars"),
        *("indent", "intern", "lines", "offsetByCodePoints", "regionMatches", "subSequence", "transform"),
    ),
)

# Java's trim() takes away every character up to the blank.
_TRIMMED = "".join(map(chr, range(0x21)))


@STRING.method("length")
def _length(meter: Meter, text: str) -> int:
    return len(text)


@STRING.method("isEmpty")
def _is_empty(meter: Meter, text: str) -> bool:
    return not text


@STRING.method("isBlank")
def _is_blank(meter: Meter, text: str) -> bool:
    return not text.strip()


@STRING.method("contains", takes=[is_text])
def _contains(meter: Meter, text: str, part: str) -> bool:
    return part in text


@STRING.method("startsWith", takes=[is_text])
def _starts_with(meter: Meter, text: str, part: str) -> bool:
    return text.startswith(part)


@STRING.method("startsWith", takes=[is_text, is_integer])
def _starts_with_at(meter: Meter, text: str, part: str, start: int) -> bool:
    return 0 <= start <= len(text) and text.startswith(part, start)


@STRING.method("endsWith", takes=[is_text])
def _ends_with(meter: Meter, text: str, part: str) -> bool:
    return text.endswith(part)


@STRING.method("equals", takes=[is_any])
def _equals(meter: Meter, text: str, other: object) -> bool:
    return isinstance(other, str) and text == other


@STRING.method("equalsIgnoreCase", takes=[is_text])
def _equals_ignore_case(meter: Meter, text: str, other: str) -> bool:
    meter.charge_text(len(text))
    return text.upper().lower() == other.upper().lower()


@STRING.method("compareTo", takes=[is_text])
def _compare_to(meter: Meter, text: str, other: str) -> int:
    for own, others in zip(text, other, strict=False):
        if own != others:
            return ord(own) - ord(others)
    return len(text) - len(other)


@STRING.method("compareToIgnoreCase", takes=[is_text])
def _compare_to_ignore_case(meter: Meter, text: str, other: str) -> int:
    meter.charge_text(len(text) + len(other))
    return _compare_to(meter, text.upper().lower(), other.upper().lower())


@STRING.method("hashCode")
def _hash_code(meter: Meter, text: str) -> int:
    meter.charge(len(text))
    code = 0
    for unit in memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H"):
        code = (31 * code + unit) & 0xFFFFFFFF
    return code - 2**32 if code >= 2**31 else code


@STRING.method("indexOf", takes=[is_text])
def _index_of(meter: Meter, text: str, part: str) -> int:
    return text.find(part)


@STRING.method("indexOf", takes=[is_text, is_integer])
def _index_of_from(meter: Meter, text: str, part: str, start: int) -> int:
    return text.find(part, min(max(start, 0), len(text)))


@STRING.method("indexOf", takes=[is_integer])
def _index_of_code(meter: Meter, text: str, code: int) -> int:
    return text.find(chr(code)) if 0 <= code < 0x110000 else -1


@STRING.method("lastIndexOf", takes=[is_text])
def _last_index_of(meter: Meter, text: str, part: str) -> int:
    return text.rfind(part)


@STRING.method("lastIndexOf", takes=[is_text, is_integer])
def _last_index_of_to(meter: Meter, text: str, part: str, start: int) -> int:
    return text.rfind(part, 0, start + len(part)) if start >= 0 else -1


@STRING.method("charAt", takes=[is_integer])
def _char_at(meter: Meter, text: str, index: int) -> str:
    if not 0 <= index < len(text):
        raise TemplateError(f"charAt({index}) is out of bounds: the text has {len(text)} characters")
    return text[index]


@STRING.method("substring", takes=[is_integer])
def _substring_from(meter: Meter, text: str, start: int) -> str:
    return _substring(meter, text, start, len(text))


@STRING.method("substring", "subSequence", takes=[is_integer, is_integer])
def _substring(meter: Meter, text: str, start: int, end: int) -> str:
    if not 0 <= start <= end <= len(text):
        raise TemplateError(f"substring({start}, {end}) is out of bounds: the text has {len(text)} characters")
    meter.charge_text(end - start)
    return text[start:end]


@STRING.method("toUpperCase")
def _to_upper_case(meter: Meter, text: str) -> str:
    meter.charge_text(len(text))
    return text.upper()


@STRING.method("toLowerCase")
def _to_lower_case(meter: Meter, text: str) -> str:
    meter.charge_text(len(text))
    return text.lower()


@STRING.method("trim")
def _trim(meter: Meter, text: str) -> str:
    meter.charge_text(len(text))
    return text.strip(_TRIMMED)


@STRING.method("strip")
def _strip(meter: Meter, text: str) -> str:
    meter.charge_text(len(text))
    return text.strip()


@STRING.method("stripLeading")
def _strip_leading(meter: Meter, text: str) -> str:
    meter.charge_text(len(text))
    return text.lstrip()


@STRING.method("stripTrailing")
def _strip_trailing(meter: Meter, text: str) -> str:
    meter.charge_text(len(text))
    return text.rstrip()


@STRING.method("concat", takes=[is_text])
def _concat(meter: Meter, text: str, other: str) -> str:
    meter.charge_text(len(text) + len(other))
    return text + other


@STRING.method("repeat", takes=[is_integer])
def _repeat(meter: Meter, text: str, count: int) -> str:
    if count < 0:
        raise TemplateError(f"repeat({count}): the count is negative")
    meter.charge_text(len(text) * count)
    return text * count


@STRING.method("replace", takes=[is_text, is_text])
def _replace(meter: Meter, text: str, old: str, new: str) -> str:
    count = text.count(old)
    meter.charge_text(len(text) + count * (len(new) - len(old)))
    meter.charge_text(len(text))
    return text.replace(old, new)


@STRING.method("replaceAll", takes=[is_text, is_text])
def _replace_all(meter: Meter, text: str, pattern: str, new: str) -> str:
    meter.charge_text(len(text))
    return JavaPattern(pattern).replace(text, new, meter)


@STRING.method("replaceFirst", takes=[is_text, is_text])
def _replace_first(meter: Meter, text: str, pattern: str, new: str) -> str:
    meter.charge_text(len(text))
    return JavaPattern(pattern).replace(text, new, meter, count=1)


@STRING.method("matches", takes=[is_text])
def _matches(meter: Meter, text: str, pattern: str) -> bool:
    return JavaPattern(pattern).matches(text, meter)


@STRING.method("split", takes=[is_text])
def _split(meter: Meter, text: str, pattern: str) -> list[object]:
    return _split_limited(meter, text, pattern, 0)


@STRING.method("split", takes=[is_text, is_integer])
def _split_limited(meter: Meter, text: str, pattern: str, limit: int) -> list[object]:
    meter.charge_text(len(text))
    return JavaArray(JavaPattern(pattern).split(text, limit, meter))


@STRING.method("toCharArray")
def _to_char_array(meter: Meter, text: str) -> list[object]:
    meter.charge(len(text))
    return JavaArray(text)


@STRING.method("getBytes")
def _get_bytes(meter: Meter, text: str) -> list[object]:
    meter.charge(len(text))
    return JavaArray(byte - 256 if byte > 127 else byte for byte in text.encode("utf-8", "replace"))


@STRING.method("valueOf", "copyValueOf", takes=[is_any])
def _value_of(meter: Meter, text: str, value: object) -> str:
    return to_text(value, meter)


@STRING.method("join", takes=[is_text, is_list])
def _join(meter: Meter, text: str, separator: str, values: list[object]) -> str:
    texts = [to_text(value, meter) for value in values]
    meter.charge_text(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


@STRING.method("format", takes=[is_text])
@STRING.method("format", takes=[is_text, is_any])
@STRING.method("format", takes=[is_text, is_any, is_any])
@STRING.method("format", takes=[is_text, is_any, is_any, is_any])
@STRING.method("format", takes=[is_text, is_any, is_any, is_any, is_any])
def _format(meter: Meter, text: str, pattern: str, *values: object) -> str:
    given = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return format_text(pattern, list(given), meter)
