"""The pages below ``/tables``: the items of local tables, found by Query or Scan, exported, changed and deleted.

``page.py`` has the pages, ``query.py`` turns the form into a request to DynamoDB, ``item_text.py`` an item into text
and back, ``listing.py`` items into columns and files.
"""
