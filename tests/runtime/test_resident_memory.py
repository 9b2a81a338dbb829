from __future__ import annotations

import os

from homeport.runtime.host.worker_handle import resident_memory, resident_memory_by_ps

NOBODY = 2**22 + 1


def test_memory_by_proc_and_by_ps_agree() -> None:
    assert resident_memory(os.getpid()) > 0
    assert abs(resident_memory(os.getpid()) - resident_memory_by_ps(os.getpid())) < 20 << 20


def test_a_process_that_is_gone_holds_nothing() -> None:
    assert (resident_memory(NOBODY), resident_memory_by_ps(NOBODY)) == (0, 0)
