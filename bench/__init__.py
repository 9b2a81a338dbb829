"""``make bench``: how quick the kit is, as ratios taken in one run."""
