"""Names that resources, ids and query parameters usually have, and their comparison. Pure."""

from __future__ import annotations

import re

ID = "id"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LIMITS = _words("limit pagesize pagelimit perpage size max maxitems maxresults maxkeys maxcount count first top take")
TOKENS = _words(
    "cursor pagecursor nextcursor nexttoken pagetoken nextpagetoken continuationtoken paginationtoken token next after "
    "startkey exclusivestartkey lastevaluatedkey lastkey nextkey startingafter starttoken marker nextmarker"
)
BOOKMARKS = _words("before until bookmark position last lastid lastseen")
OFFSETS = _words("offset skip startindex from pageoffset")
PAGES = _words("page pagenumber pageno pageindex pagenum")
SORTS = _words("sort sortby order orderby ordering sortfield sortkey")
DIRECTIONS = _words("order direction sortorder sortdirection dir orderdirection")
VERSIONS = _words("version revision rev versionnumber revisionnumber lockversion rowversion entityversion v")
NEXT = TOKENS | {f"next{one}" for one in TOKENS} | {"nexturl", "nextlink", "nextpage"}
ITEMS = ("items", "data", "results", "records", "entries", "values", "content", "list", "rows")
WRAPPERS = _words("data item result record resource object payload")
_GENERIC_IDS = _words("id key name slug uuid code")
_FREE_TEXTS = _words("name title description text content body note notes comment summary label")
_IDEMPOTENCY = re.compile(r"(?:x)?(?:amz)?(?:idempotency(?:key|token|id)?|client(?:request)?token)")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ENVELOPES = _words("meta pagination paging pageinfo page links")


def plain(name: str) -> str:
    """Return a name without case and separators: ``page_size``, ``page[size]`` and ``pageSize`` are ``pagesize``."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def words_in(name: str) -> list[str]:
    """Return the words of a name in lower case: ``validFrom``, ``valid_from`` and ``ValidFROM`` have two."""
    return [one.lower() for one in _WORDS.findall(name)]


def singular(name: str) -> str:
    """Return the plain singular of a noun, as far as its ending tells."""
    word = plain(name)
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("uses", "us"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending) and len(word) > len(ending):
            return word.removesuffix(ending) + instead
    return word.removesuffix("s") if not word.endswith(("ss", "us", "is")) else word


def id_names(parameter: str, resource: str) -> tuple[str, ...]:
    """Return the plain names that the property with the id of a resource may have, the likeliest first."""
    given, noun = plain(parameter), singular(resource)
    short = given.removeprefix(noun) if noun else given
    names = [given, short, f"{noun}id", ID, *((f"{noun}{given}",) if noun else ())]
    return tuple(dict.fromkeys(name for name in names if name))


def names_resource(parameter: str, resource: str) -> bool:
    """Return whether a parameter's or property's name says whose id it is: ``productId`` for ``products``."""
    noun = singular(resource)
    return bool(noun) and plain(parameter) in {f"{noun}{ending}" for ending in ("id", "key", "uuid", "slug", "code")}


def is_generic_id(name: str) -> bool:
    """Return whether a name is that of any resource's id."""
    return plain(name) in _GENERIC_IDS


def is_free_text(name: str) -> bool:
    """Return whether a property of that name usually has text, of which a filter may want a part only."""
    return plain(name) in _FREE_TEXTS


def is_key_name(header: str) -> bool:
    """Return whether a header has the key that makes a request idempotent."""
    return _IDEMPOTENCY.fullmatch(plain(header)) is not None


def is_envelope(name: str) -> bool:
    """Return whether a property of that name tells of a page, and not of a resource."""
    return plain(name) in _ENVELOPES
