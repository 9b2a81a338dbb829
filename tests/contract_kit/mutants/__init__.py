"""Faults planted into the reference API one at a time, to prove that the contract tests find them."""
