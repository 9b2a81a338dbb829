"""The report of a contract run: lines on the terminal, one HTML page, and files for other tools.

Start at ``summary.py``.
"""
