"""A project's files as one frozen model, which every other room works with.

``load.py`` reads the files into ``model.py``'s values; read these two first. ``source/`` turns text into values with
lines; ``openapi/``, ``stages/`` and ``cloudformation/`` read the three files. ``check/`` holds the rules.
``schema/`` follows references and translates schemas; ``validators/`` writes the generated code of ``service/``.
"""
