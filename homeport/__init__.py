"""Homeport: a local-first dev kit for serverless REST APIs on AWS."""

__version__ = "0.1.0"
