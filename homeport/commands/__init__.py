"""The commands: their options and their output. Each imports the packages that it needs when it runs.

Start at ``homeport/cli.py``, which has the table of commands. ``arguments.py`` has options that several commands share.
"""
