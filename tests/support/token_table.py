"""The attacks on token authorizers as JSON, made for a moment and an issuer: ``python -m tests.support.token_table``.

The issuer's public keys come first, then a good identity token, a good access token, then the attacks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.attacks import Attack


class TokenTable(NamedTuple):
    """``jwks`` is the issuer's document; the good tokens are for ``tokens.AUDIENCE``, the access token for a scope."""

    jwks: dict[str, Any]
    identity: str
    access: str
    attacks: list[Attack]


def token_table(issuer: str, now: float) -> TokenTable:
    """The table for an issuer at a moment, in seconds since the epoch; a process of its own makes it."""
    environment = {**os.environ, "TOKENS_ISSUER": issuer, "TOKENS_NOW": str(now)}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.support.token_table"]
    made = subprocess.run(command, env=environment, cwd=root, capture_output=True, check=True, timeout=60)
    table = json.loads(made.stdout)
    return TokenTable(**{**table, "attacks": [Attack(**attack) for attack in table["attacks"]]})


def main() -> None:
    """Print the table."""
    from homeport.issuer.keys import public_jwk
    from tests.support.attacks import GOOD
    from tests.support.bad_claims import BAD_CLAIMS
    from tests.support.forged_tokens import FORGED
    from tests.support.tokens import AUDIENCE, KEY_ID, REMOVED, make_claims, make_token, public_key

    access = make_claims(token_use="access", scope="cart/write", client_id=AUDIENCE, aud=REMOVED)
    table = TokenTable(
        jwks={"keys": [{**public_jwk(public_key()), "kid": KEY_ID}]},
        identity=GOOD,
        access=make_token(access),
        attacks=[*FORGED, *BAD_CLAIMS],
    )
    print(json.dumps({**table._asdict(), "attacks": [asdict(attack) for attack in table.attacks]}))


if __name__ == "__main__":
    main()
