"""The local token issuer: tokens for a project's JWT and Cognito authorizers without a network or a user pool.

``mint.py`` says whom an authorizer trusts in a stage, and makes tokens: read it first. ``keys.py`` keeps the key pair
in the project's folder.
"""
