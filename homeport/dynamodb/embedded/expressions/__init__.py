"""DynamoDB's expressions: text in, a checked tree out, and what the tree says of an item.

``tree`` has the nodes, ``tokens`` and ``parser`` read the text as DynamoDB's grammar does, ``binding`` puts names and
values into the tree and refuses what DynamoDB refuses as it is written. ``condition`` decides a tree on an item,
``update`` applies one, ``projection`` cuts one out. ``key_condition`` says what a Query asks of a key. All of it is
pure: no module of this room knows the engine. Read ``tree`` first.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

from __future__ import annotations


class ExpressionError(ValueError):
    """A request's expression is refused; the text is DynamoDB's message."""
