import json
import math
from collections import defaultdict


class Account:
    """What somebody owns, and how it came to be."""

    def __init__(self, owner, balance=0.0):
        self.owner = owner
        self.balance = balance
        self.history = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError(f"not an amount: {amount!r}")
        self.balance += amount
        self.history.append(("deposit", amount))
        return self.balance


def totals(accounts):
    sums = defaultdict(float)
    for account in accounts:
        sums[account.owner] += account.balance
    return {name: math.floor(total) for name, total in sums.items() if total > 0}


print(json.dumps(totals([Account("ann", 10), Account("ben", 20)]), indent=2, sort_keys=True))
