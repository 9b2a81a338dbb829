"""Observers of exchanges: they get each exchange and its reply in ``on_reply``, after the reply has been sent.

``console.py`` prints, ``access_log.py`` writes API Gateway's access log, ``recorder_client.py`` sends to the recorder,
``exchange_log.py`` keeps everything for the contract tests. ``reloadable.py`` calls them.
"""
