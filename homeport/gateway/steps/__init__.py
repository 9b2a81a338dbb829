"""The steps of the pipeline (``pipeline.py`` has their order), each made once for an API in a stage.

``routes.py`` finds the route and is a good example of a step; the step ``integrate`` is in ``integrations/``.
"""
