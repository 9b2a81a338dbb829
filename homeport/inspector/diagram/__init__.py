"""The page ``/diagram``: an API as boxes and edges, from its routes to what its functions use.

``graph.py`` makes a graph of the project, ``drawing.py`` an SVG of the graph, ``rows.py`` a table that says the same.
``relations.py`` knows which functions and resources of services belong together. All of them are pure.
"""
