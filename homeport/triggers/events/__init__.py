"""The events of each source as Lambda hands them to a function, each a pure function of what the source has."""
