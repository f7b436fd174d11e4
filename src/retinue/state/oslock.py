"""A lock of the operating system on an open file: freed by the system when its holder dies."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import msvcrt
    import os

    _BYTE = 1 << 30
    """Far behind the content, so that others can still read who holds the lock."""

    def try_lock(descriptor: int) -> bool:
        """Lock without waiting; False when another process holds the lock."""
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Free a lock that we hold."""
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock without waiting; False when another process holds the lock."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Free a lock that we hold."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)
