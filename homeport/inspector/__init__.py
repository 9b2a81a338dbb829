"""The inspector: a small web site beside the API, for the person who develops it."""
