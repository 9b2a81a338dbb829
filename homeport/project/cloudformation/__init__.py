"""deploy/resources.yaml to Resources: a CloudFormation fragment, its tables worked out for a stage.

``tables.py`` reads the fragment; read it first. ``intrinsics.py`` works out CloudFormation's functions.
"""
