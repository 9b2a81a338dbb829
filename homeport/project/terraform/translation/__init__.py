"""A configuration's resources as a template of CloudFormation.

``template.py`` is the map: it goes through the resources, and each becomes one of the template by its entry in the
catalog (``properties.py``). What is more than names for names is in the modules of its subject: ``functions.py`` with
``code.py``, ``http_apis.py``, ``rest_apis.py``, ``invocations.py``, ``tables.py`` and ``services.py``.
"""
