"""The CloudFormation template of a project and a stage. Pure: no file is read and no call is made.

Start at ``build.py``, which merges the resources of the other modules: ``functions.py`` (Lambda), ``http_api.py`` or
``rest_api.py`` (API Gateway), ``integrations.py``, ``domain.py``, ``alarms.py``, ``logs.py`` and ``resources_file.py``
(the project's own resources). ``names.py`` makes the logical ids.
"""
