"""The commands: what they are called with and what they print. Nothing heavy is imported before one runs."""
