"""The sources that Lambda polls: a thread for each mapping of a queue, and for each of a stream."""
