"""The kit's own token issuer: keys in the project's folder, tokens from the command line, no network."""
