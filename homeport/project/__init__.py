"""A project's files as one frozen model, which every other room works with.

``load.py`` reads the files into a ``Project`` (``project.py``) of ``model/``'s values; read these three first.

- ``source/`` turns text into values with lines, ``keys/`` says which keys a file may have.
- ``openapi/`` and ``stages/`` read the files of the kit's own shape, ``cloudformation/`` reads a template.
- ``formats/`` chooses among the formats of other tools, each of which becomes a template: ``cdk/``, ``serverless/``,
  ``terraform/``, ``chalice/``.
- ``integrations/`` and ``triggers/`` are the values of what is behind a route, and of what else invokes a function.
- ``check/`` holds the rules, and ``features/`` the table of what is emulated.

``schema/`` follows references and translates schemas; ``validators/`` writes the generated code of ``service/``.
"""
