"""A configuration of Terraform as its modules and their resources, each attribute worked out when it is asked for.

``module_files.py`` reads the files of a folder, ``variables.py`` the values from outside. ``module.py`` is the scope of
a module's expressions, ``instances.py`` has its resources, one for each of ``count`` and ``for_each``, and
``data_sources.py`` what can be known of data sources. ``settings.py`` is what all modules share.
"""
