"""The local token issuer: tokens for a project's JWT and Cognito authorizers without a network or a user pool.

``trust.py`` says which issuer an authorizer trusts in a stage: read it first. ``keys.py`` keeps the issuer's key pair
in the project's folder, ``mint.py`` makes the tokens.
"""
