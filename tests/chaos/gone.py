"""A DynamoDB elsewhere that goes away, port and all, and comes back."""

from __future__ import annotations

import socket
import time

from homeport.contract.fixtures.stack import running_stack
from tests.chaos.campaign import find_undocumented, recovery, some
from tests.chaos.case import FAILED, Outcome
from tests.chaos.ground import Ground
from tests.chaos.ledger import Ledger, Load, audit, spread
from tests.support.dynamodb import make_stand
from tests.support.waiting import SlownessMeter, eventually

_CLIENTS = 4


def dynamodb_gone(ground: Ground, limit: float) -> Outcome:
    """Connections are refused for a while; requests fail in time, and succeed once it is back."""
    outcome, ledger = Outcome("DynamoDB gone and back"), Ledger()
    data = ground.root.parent / "outside"
    stand = make_stand(data)
    try:
        stand.start()
        with (
            running_stack(ground.root, ("--no-data", "--dynamodb", stand.endpoint)) as stack,
            Load(stack.url, ledger, _CLIENTS, "key"),
            SlownessMeter() as meter,
        ):
            assert eventually(lambda: len(ledger.acknowledged) == _CLIENTS), "the load does not get going"
            begun = time.monotonic()
            stand.kill()
            port = stand.listener.getsockname()[1]
            stand.listener.close()
            time.sleep(ground.lasts)
            stand.listener = socket.create_server(("127.0.0.1", port))
            stand.start()
            over = time.monotonic()
            outcome.recovered = recovery(stack.url, ledger, over)
            answers = ledger.since(begun)
            outcome.answers, outcome.note = spread(answers), f"refused for {ground.lasts} s"
            outcome.wrong += some(find_undocumented(answers, FAILED))
        outcome.judge_recovery(limit, meter.worst)
        # The ledger is read once more, from an API that starts with what is there now.
        with running_stack(ground.root, ("--no-data", "--dynamodb", stand.endpoint)) as stack:
            outcome.wrong += ledger.wrong + audit(stack.url, ledger)
    finally:
        stand.close()
    return outcome
