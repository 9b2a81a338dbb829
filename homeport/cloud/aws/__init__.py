"""Calls to AWS: ``client.py`` makes and explains each, ``stack.py`` is CloudFormation, ``bucket.py`` is S3."""
