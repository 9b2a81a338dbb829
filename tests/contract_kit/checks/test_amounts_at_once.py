"""Numbers that requests at once take from, and move: what is left of one, and what two have together."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.contract.checks import concurrency
from tests.support.bank_api import Bank, Item, run_on_bank


class LooksBefore(Bank):
    """A bank that looks whether enough is left, and takes it from whatever is left by then."""

    items = "coupons"

    def take(self, items: dict[str, Item], id_: str, name: str, number: int) -> Item:
        if items is not getattr(self, self.items):
            return super().take(items, id_, name, number)
        if self.find(items, id_)[name] < number:
            return super().take(items, id_, name, number)
        self.holds.take("UpdateItem")
        items[id_][name] -= number
        return dict(items[id_])


class LooksBeforeWithdrawing(LooksBefore):
    items = "wallets"


class MovesWhatIsNotThere(Bank):
    """Transfers that look at the balance before their transaction alone."""

    def move(self, body: Item) -> Item:
        self.check_move(body)
        self.holds.take("TransactWriteItems")
        return self.book(body)


class SetsUsage(Bank):
    """A number of withdrawals that is read, and set to one more."""

    def count(self, id_: str) -> None:
        number = self.usage.get(id_, 0)
        self.holds.take("UpdateItem")
        self.usage[id_] = number + 1


class SetsBalances(Bank):
    """Transfers that write the balances that they have worked out of what they read."""

    def move(self, body: Item) -> Item:
        self.check_move(body)
        balances = {name: self.wallets[body[name]]["balance"] for name in ("from", "to")}
        for name, amount in (("from", -body["amount"]), ("to", body["amount"])):
            self.holds.take("UpdateItem")
            self.wallets[body[name]]["balance"] = balances[name] + amount
        return self.keep_transfer(body)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_healthy_bank_has_no_finding_whatever_its_wallets_begin_with(seed: int, tmp_path: Path) -> None:
    results = run_on_bank(tmp_path, Bank(), concurrency.CHECKS, seed=seed)
    assert results.findings == []
    assert results.crashes == []
    assert [(run.check.name, run.untested) for run in results.runs if run.untested] == []


@pytest.mark.parametrize(
    ("bank", "found"),
    [
        (LooksBefore, ("last-goes-to-one", "POST /coupons/{code}/redeem")),
        (LooksBeforeWithdrawing, ("last-goes-to-one", "POST /wallets/{walletId}/withdraw")),
        (MovesWhatIsNotThere, ("one-of-two-has-it", "POST /transfers")),
        (SetsUsage, ("counts-add-up", "POST /wallets/{walletId}/withdraw")),
        (SetsBalances, ("counts-add-up", "POST /transfers")),
    ],
)
def test_fault_is_found(bank: type[Bank], found: tuple[str, str], tmp_path: Path) -> None:
    checks = tuple(one for one in concurrency.CHECKS if one.name == found[0])
    results = run_on_bank(tmp_path, bank(), checks)
    assert [(one.check, one.operation) for one in results.findings] == [found]
