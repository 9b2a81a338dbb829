"""The items of the embedded DynamoDB in SQLite, behind the mappings that ministack reads them through.

``item_file`` (SQL) ← ``stored_items`` (a table's items as a mapping) ← ``storage`` (writes and indexes) ←
``page_reads`` (Query and Scan). ``key_order`` has the encoding of keys whose bytes have the order of the values.
"""
