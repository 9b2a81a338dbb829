"""``homeport save-test``: write a recorded request down as a pytest case.

``prerequisites.py`` finds the earlier requests that the recorded one needs; read it first. ``saved_test.py`` writes the
test. The tests use the matchers of ``homeport.contract.fixtures``, and its credentials.
"""
