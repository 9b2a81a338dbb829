"""The model of an API as REST sees it: resources, and what its operations do to them. Derived from the document; pure.

Start at ``resource.py``, which has the values; ``infer.py`` derives them.
"""
