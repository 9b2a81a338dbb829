"""Random steps on the embedded engine and on a model of a table: ``python -m tests.dynamodb.model --steps 100000``."""

from __future__ import annotations

import argparse
import sys

from tests.dynamodb.model.run import run_steps
from tests.support.dynamodb import running_engine


def main(arguments: list[str]) -> int:
    """Run the steps; exit status 1 and the step for the first difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.dynamodb.model")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=100_000)
    options = parser.parse_args(arguments)
    with running_engine() as stand:
        host, port = stand.listener.getsockname()
        try:
            run_steps(host, port, options.seed, options.steps)
        except AssertionError as difference:
            print(difference)
            return 1
    print(f"{options.steps} steps of seed {options.seed}: no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
