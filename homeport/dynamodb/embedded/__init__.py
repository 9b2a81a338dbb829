"""What runs in the embedded DynamoDB's own process: ministack's DynamoDB behind a write journal.

``server`` (HTTP) → ``database`` (decides and orders) → ``store`` (files) and ``service`` (ministack). Modules here
import the standard library, ministack, hypercorn and each other, nothing of the kit.
"""
