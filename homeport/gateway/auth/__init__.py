"""Authorizers: JWT, Cognito and Lambda authorizers decide whether a caller may use a route.

``../steps/authorize.py`` builds one for each protected operation and calls it with the exchange; it returns an
``Authorization`` or raises ``GatewayError``. Read ``token_authorizers.py`` first for JWT and Cognito (``jwt.py`` checks
a token, ``keys.py`` finds the issuer's keys) and ``lambda_authorizer.py`` for Lambda authorizers
(``authorizer_response.py`` reads their policies). ``identity.py`` reads identity sources for all.
"""
