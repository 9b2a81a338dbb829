"""``homeport token``: a token for the project's JWT or Cognito authorizer, printed alone so that scripts can take it.

curl -H "Authorization: $(homeport token --sub user-1 --scope cart:write)" http://127.0.0.1:8080/cart
"""

from __future__ import annotations

import argparse
import time
import uuid

from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenOptions, mint, token_request
from homeport.project.load import load_project


def run(options: argparse.Namespace) -> int:
    """Print one token. Raises HomeportError."""
    project = load_project(options.project.resolve(), options.stage)
    request = token_request(_wanted(options), project)
    key = signing_key(project.root / FOLDER)
    print(mint(request, key, now=time.time(), token_id=str(uuid.uuid4())))
    return 0


def _wanted(options: argparse.Namespace) -> TokenOptions:
    return TokenOptions(
        sub=options.sub,
        authorizer=options.authorizer,
        scopes=tuple(scope for text in options.scope for scope in text.split()),
        audience=tuple(options.audience or ()),
        use=options.use,
        lifetime=options.expires,
        claims=dict(options.claim),
    )
