"""Text to values: JSON and YAML files as plain values, each of which knows its file and line.

``document.py`` reads a file, ``cursor.py`` takes typed values out of it and reports the problems; read these first.
``structure.py`` describes as data which values a document may hold.
"""
