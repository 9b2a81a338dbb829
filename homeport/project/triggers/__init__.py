"""Triggers of a project: what invokes a function beside its API, read from CloudFormation resources as frozen values.

``trigger.py`` has the values. ``event_pattern.py`` matches events as EventBridge does, and ``schedule_expression.py``
has the times of schedules; both are pure. ``read_triggers.py`` reads the resources.
"""
