"""A project's files as one frozen model, which every other room works with.

``load.py`` reads the files into a ``Project`` (``project.py``) of ``model/``'s values; read these three first.
``source/`` turns text into values with lines; ``openapi/``, ``stages/`` and ``cloudformation/`` read the files, and a
template is read whole in ``cloudformation/``. ``check/`` holds the rules.
``schema/`` follows references and translates schemas; ``validators/`` writes the generated code of ``service/``.
"""
