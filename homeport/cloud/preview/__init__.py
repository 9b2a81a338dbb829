"""``homeport deploy --plan``: what a deployment of a stage would make, worked out without asking AWS.

``stack_preview.py`` reads the template, ``costs.py`` knows what AWS charges for, ``report.py`` prints it.
"""
