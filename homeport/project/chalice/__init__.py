"""Chalice apps as projects: what ``chalice package`` would deploy is read as a template of SAM.

``reader.py`` is the map. ``app_process.py`` has the app read in a process with Chalice and the app's own packages
(``app_reader.py`` runs in there), again when its files have changed. ``app_template.py`` makes the template of the
result, and ``named_resources.py`` makes the queues, topics and buckets that an app only names.
"""
