"""The CloudFormation template of a project and a stage. Pure: no file is read and no call is made.

Start at ``build.py``, which merges the project's own resources with those of the other modules: ``functions.py``
(Lambda), ``http_api.py`` or ``rest_api.py`` (API Gateway), ``integrations.py`` and ``monitoring.py`` (logs, alarms).
``names.py`` makes the logical ids.
"""
