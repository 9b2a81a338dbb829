"""The string formats that validators check, as Python regular expressions for ``re.fullmatch``.

Formats that aren't listed (``password``, ``binary``, a team's own) are hints. Sources: RFC 3339 (date, date-time,
time; a leap second only at the end of an hour), RFC 4648 (byte), RFC 5321 (email), RFC 1123 (hostname), RFC 3986
(uri, uri-reference, ipv4, ipv6), RFC 9562 (uuid), RFC 6901 (json-pointer), ISO 8601 (duration).
"""

from __future__ import annotations

_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    "(?![0-9]{4}-(?:02-30|(?:0[2469]|11)-31))"
    f"(?:(?![0-9]{{4}}-02-29)|(?={_LEAP_YEAR}-))"
    "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
)
_HOUR = "(?:[01][0-9]|2[0-3])"
_TIME = rf"{_HOUR}:(?:[0-5][0-9]:[0-5][0-9]|59:60)(?:\.[0-9]+)?(?:[Zz]|[+-]{_HOUR}:[0-5][0-9])"

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*"
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_BYTE}(?:\.{_BYTE}){{3}}"
_WORD = "[0-9A-Fa-f]{1,4}"
_LAST_WORDS = f"(?:{_WORD}:{_WORD}|{_IPV4})"
_IPV6 = "|".join(
    (
        f"(?:{_WORD}:){{6}}{_LAST_WORDS}",
        f"::(?:{_WORD}:){{5}}{_LAST_WORDS}",
        *(f"(?:(?:{_WORD}:){{0,{left}}}{_WORD})?::(?:{_WORD}:){{{4 - left}}}{_LAST_WORDS}" for left in range(5)),
        f"(?:(?:{_WORD}:){{0,5}}{_WORD})?::{_WORD}",
        f"(?:(?:{_WORD}:){{0,6}}{_WORD})?::",
    )
)

_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_EMAIL = rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@(?:{_LABEL}(?:\.{_LABEL})*|\[(?:IPv6:)?[0-9A-Fa-f:.]+\])"

_ESCAPED = "%[0-9A-Fa-f]{2}"
_PLAIN = r"A-Za-z0-9._~!$&'()*+,;=\-"
_PCHAR = f"(?:[{_PLAIN}:@]|{_ESCAPED})"
_HOST = rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[{_PLAIN}]|{_ESCAPED})*)"
_AUTHORITY = f"//(?:(?:[{_PLAIN}:]|{_ESCAPED})*@)?{_HOST}(?::[0-9]*)?(?:/{_PCHAR}*)*"
_ABSOLUTE = f"/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?"
_ROOTLESS = f"{_PCHAR}+(?:/{_PCHAR}*)*"
_NO_SCHEME = f"(?:[{_PLAIN}@]|{_ESCAPED})+(?:/{_PCHAR}*)*"
_TAIL = rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:\#(?:{_PCHAR}|[/?])*)?"
_URI = f"[A-Za-z][A-Za-z0-9+.-]*:(?:{_AUTHORITY}|{_ABSOLUTE}|{_ROOTLESS}|){_TAIL}"

_CLOCK = "T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"
_CALENDAR = "(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)"

FORMATS = {
    "byte": "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "date": _DATE,
    "date-time": f"{_DATE}[Tt]{_TIME}",
    "duration": f"P(?:{_CALENDAR}(?:{_CLOCK})?|{_CLOCK}|[0-9]+W)",
    "email": _EMAIL,
    "hostname": _HOSTNAME,
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "json-pointer": "(?:/(?:[^~/]|~[01])*)*",
    "time": _TIME,
    "uri": _URI,
    "uri-reference": f"{_URI}|(?:{_AUTHORITY}|{_ABSOLUTE}|{_NO_SCHEME}|){_TAIL}",
    "uuid": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
}
"""Format name to expression."""
