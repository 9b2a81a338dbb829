"""Apache Velocity 1.7 itself, to hold ours against.

``recorded.json`` has templates with what Velocity renders, null where it fails. ``record.py`` renews it, and compares
generated templates; it needs Java and Velocity's jars, which the tests do not.
"""
