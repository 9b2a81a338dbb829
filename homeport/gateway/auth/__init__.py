"""Who may call: JWT, Cognito and Lambda authorizers. ``stages/authorize.py`` chooses among them."""
