"""Triggers: events from queues, streams, topics, buckets, rules and schedules, and the functions that they invoke.

``events/`` builds the event of each source, a pure function. ``retries/`` decides what becomes of a batch, pure too.
``sources/`` polls the services and invokes the functions; ``trigger_runner.py`` runs all triggers of a project.
"""
