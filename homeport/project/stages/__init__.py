"""deploy/stages.yaml to a Stage: ``stages.py`` merges a stage with the defaults, ``settings.py`` reads each setting.

Read ``stages.py`` first. ``log_format.py`` holds the variables of access log formats.
"""
