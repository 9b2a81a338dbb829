"""The authorizer of the notes: the token ``let-me-in`` is ada's."""


def authorize(event: dict[str, str], context: object) -> dict[str, object]:
    effect = "Allow" if event["authorizationToken"] == "let-me-in" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}
    return {"principalId": "ada", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
