"""The buffers of past hashes (19 MiB each) go back to the machine once no hash is asked for.

The GNU C library keeps what was freed for the next hash, which makes hashing a third quicker than mapping the pages anew each
time, and takes some 40 MB of a node that has nothing to hash. Other libraries are left alone.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

__all__ = ["give_memory_back"]


def give_memory_back() -> None:
    """`malloc_trim(3)`; some milliseconds at the most."""
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
