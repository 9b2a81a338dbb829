"""The steps of the pipeline (``pipeline.py`` has their order), each made once for an API in a stage.

``limits.py`` is a good example of a step. Four steps stand with their subject: ``match`` and ``require_route`` in
``routing.py``, ``cors`` in ``http_api/cors.py``, ``integrate`` in ``integrations/``.
"""
