"""Lint rules of this repository's own: the words that its code and documents are written with."""
