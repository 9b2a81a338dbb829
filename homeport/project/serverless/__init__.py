"""Projects of the Serverless Framework: a serverless.yml as the CloudFormation template that the framework makes of it.

``reader.py`` has the order of the steps, and is to be read first. ``configuration.py`` reads the files and resolves
their variables (``variables/``), ``service.py`` has the values, ``functions/``, ``rest_api/``, ``http_api/`` and
``events/`` make resources of them, each with the logical id that the framework gives it (``logical_names.py``), since
the owner's ``resources`` refer to those.
https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml
"""
