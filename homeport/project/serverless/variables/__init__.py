"""The variables of a serverless.yml, ``${self:custom.table}``: from the written configuration to a plain one.

``variable_syntax.py`` finds them in a text, ``variable_resolver.py`` puts values in their places, with the help of
``outer_values.py`` for what comes from outside the project.
https://www.serverless.com/framework/docs/guides/variables
"""
