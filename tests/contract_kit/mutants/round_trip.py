"""Faults after which a value comes back otherwise than it was sent."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "a name loses the blanks around it",
        project="items",
        kind="round-trip",
        promise="A name comes back as it was written.",
        edits=(
            Edit(
                "service/model.py",
                '_exact({"name": body["name"], **',
                '_exact({"name": body["name"].strip(), **',
            ),
        ),
    ),
    Mutant(
        "PATCH composes Unicode characters",
        project="items",
        kind="round-trip",
        promise="A text that PATCH sets comes back character for character.",
        edits=(
            Edit(
                "service/model.py",
                "from datetime import UTC, datetime\n",
                "import unicodedata\nfrom datetime import UTC, datetime\n",
            ),
            Edit(
                "service/model.py",
                "return _exact({name: _DEFAULTS[name] if value is None else value for name, value in patch.items()})",
                'texts = {name: unicodedata.normalize("NFC", value) for name, value in patch.items() if '
                "isinstance(value, str)}\n"
                "    return _exact({name: _DEFAULTS[name] if value is None else value for name, value in "
                "{**patch, **texts}.items()})",
            ),
        ),
    ),
    Mutant(
        "an empty text comes back as null",
        project="items",
        kind="round-trip",
        promise="An empty description comes back as an empty text.",
        edits=(
            Edit(
                "service/attributes.py",
                '    if value is None:\n        return {"NULL": True}',
                '    if value is None or value == "":\n        return {"NULL": True}',
            ),
        ),
    ),
    Mutant(
        "tags are stored as a set",
        project="items",
        kind="round-trip",
        promise="Tags come back in the order in which they were written.",
        edits=(
            Edit(
                "service/attributes.py",
                "    if isinstance(value, dict):\n",
                "    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):\n"
                '        return {"SS": value}\n'
                "    if isinstance(value, dict):\n",
            ),
            Edit(
                "service/attributes.py",
                '    if kind == "L":\n',
                '    if kind == "SS":\n        return sorted(value)\n    if kind == "L":\n',
            ),
        ),
    ),
    Mutant(
        "tags that differ in case only are one",
        project="items",
        kind="round-trip",
        promise="Every tag that was written comes back.",
        edits=(
            Edit(
                "service/model.py",
                'return _exact({"name": body["name"], **{name: body.get(name, value) for name, value in '
                "_DEFAULTS.items()}})",
                'tags = list({tag.casefold(): tag for tag in body.get("tags", [])}.values())\n'
                '    return _exact({"name": body["name"], **{name: body.get(name, value) for name, value in '
                '_DEFAULTS.items()}, "tags": tags})',
            ),
        ),
    ),
    Mutant(
        "line ends become LF",
        project="items",
        kind="round-trip",
        promise="A description comes back as it was written, line ends included.",
        edits=(
            Edit(
                "service/model.py",
                "**{name: body.get(name, value) for name, value in _DEFAULTS.items()}})",
                '**{name: body.get(name, value) for name, value in _DEFAULTS.items()}, "description": '
                'body.get("description", "").replace("\\r\\n", "\\n")})',
            ),
        ),
    ),
    Mutant(
        "a price of 0 becomes null",
        project="items",
        kind="round-trip",
        promise="A price of 0 is an amount, null is an unknown one.",
        edits=(
            Edit(
                "service/model.py",
                "return None if number is None else _STORED",
                "return None if not number else _STORED",
            ),
        ),
    ),
    Mutant(
        "a description is cut at 4000 characters",
        project="items",
        kind="round-trip",
        promise="A description of up to 4096 characters is kept whole.",
        edits=(
            Edit(
                "service/model.py",
                "**{name: body.get(name, value) for name, value in _DEFAULTS.items()}})",
                '**{name: body.get(name, value) for name, value in _DEFAULTS.items()}, "description": '
                'body.get("description", "")[:4000]})',
            ),
        ),
    ),
    Mutant(
        "an id is stored in lower case",
        project="items",
        kind="round-trip",
        promise="An item is found under the id that the client chose.",
        edits=(
            Edit(
                "service/model.py",
                '"itemId": body.get("itemId", new_id),',
                '"itemId": body.get("itemId", new_id).lower(),',
            ),
        ),
    ),
    Mutant(
        "PUT answers with the request's values",
        project="items",
        kind="round-trip",
        promise="The answer of a write is the item as a read gives it after that.",
        edits=(
            Edit(
                "service/handlers/replace_item.py",
                '    return Response(200, item, {"etag": etag(item)})',
                "    return Response(200, {**item, **{name: value for name, value in call.body.items() if name "
                '!= "price"}, "createdAt": item["updatedAt"]}, {"etag": etag(item)})',
            ),
        ),
    ),
    Mutant(
        "a total ignores quantities",
        project="shop",
        kind="round-trip",
        promise="total is the sum of price times quantity.",
        edits=(
            Edit(
                "service/model.py",
                'sum(line["price"] * line["quantity"] for line in lines)',
                'sum(line["price"] for line in lines)',
            ),
        ),
    ),
    Mutant(
        "routes are counted in lower case",
        project="hits",
        kind="round-trip",
        promise="A hit counts for the route that was called.",
        edits=(
            Edit(
                "service/counters.py",
                "return cls(route, utc",
                "return cls(route.lower(), utc",
            ),
        ),
    ),
    Mutant(
        "a replay answers the order as it was",
        project="orders",
        kind="round-trip",
        promise="A replay gives the order as it is now, and its ETag.",
        edits=(
            Edit(
                "service/orders.py",
                "        return shown(failed.item), True",
                '        return shown({**order, "createdAt": failed.item["createdAt"]}), True',
            ),
        ),
    ),
    Mutant(
        "lines of one sku are merged",
        project="orders",
        kind="round-trip",
        promise="The lines of an order come back as they were written.",
        edits=(
            Edit(
                "service/model.py",
                "        **body,\n",
                '        **body,\n        "lines": list({line["sku"]: line for line in body["lines"]}.values()),\n',
            ),
        ),
    ),
    Mutant(
        "PUT keeps a text that is left out",
        project="notes",
        kind="round-trip",
        promise="PUT replaces everything: a text that is left out is empty.",
        edits=(
            Edit(
                "service/notes.py",
                '*(f"#{name} = :{name}" for name in values)]',
                '*(f"#{name} = :{name}" if values[name] != "" else f"#{name} = if_not_exists(#{name}, :{name})" '
                "for name in values)]",
            ),
        ),
    ),
    Mutant(
        "tags are sorted and unique",
        project="notes",
        kind="round-trip",
        promise="Tags come back in their order, each as often as it was written.",
        edits=(
            Edit(
                "service/model.py",
                '"tags": body.get("tags", []),',
                '"tags": sorted(set(body.get("tags", []))),',
            ),
        ),
    ),
)
