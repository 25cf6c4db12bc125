"""Ends what is left of a job whose supervisor was killed."""

import contextlib
import os
import signal


def end_group(session: int, group: int) -> None:
    """
    Kill every process of this session and this group.

    Both must match: process numbers are used again, and a stranger must not be hit.
    """
    for pid in _pids(group):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == session and os.getpgid(pid) == group:
                os.kill(pid, signal.SIGKILL)


def _pids(group: int) -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:  # no /proc on this system: the leader is all we know
        return [group]
