"""The command line and environment that /proc shows of this process (prctl(2), PR_SET_MM_MAP).

``ps`` shows them, and the backend finds what a task has started by a variable in the environment.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Mapping, Sequence

_PR_SET_MM, _PR_SET_MM_MAP = 35, 14
_NO_FILE = 0xFFFFFFFF
_libc = ctypes.CDLL(None, use_errno=True)
_libc.sbrk.restype = ctypes.c_void_p


class _MemoryMap(ctypes.Structure):
    """``struct prctl_mm_map`` of linux/prctl.h."""

    # name, and the field of /proc/PID/stat (proc(5)) that has the value now; 0 for what is set below
    SOURCES = (
        ("start_code", 26),
        ("end_code", 27),
        ("start_data", 45),
        ("end_data", 46),
        ("start_brk", 47),
        ("brk", 0),
        ("start_stack", 28),
        ("arg_start", 0),
        ("arg_end", 0),
        ("env_start", 0),
        ("env_end", 0),
        ("auxv", 0),
    )
    _fields_ = [
        *((name, ctypes.c_uint64) for name, _ in SOURCES),
        ("auxv_size", ctypes.c_uint32),
        ("exe_fd", ctypes.c_uint32),
    ]


def show(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Show these in /proc/self/cmdline and /proc/self/environ.

    Raises:
        OSError: the kernel cannot do it (it was built without CONFIG_CHECKPOINT_RESTORE).
    """
    command = b"".join(os.fsencode(word) + b"\0" for word in arguments)
    variables = b"".join(
        os.fsencode(name) + b"=" + os.fsencode(value) + b"\0" for name, value in environment.items()
    )
    text = command + variables
    # private memory, for /proc shows no other; it stays mapped when this object is gone
    memory = mmap.mmap(-1, max(1, len(text)), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory[: len(text)] = text
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(memory))
    with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        fields = file.read().rpartition(")")[2].split()  # from field 3 on
    new = _MemoryMap(
        arg_start=address,
        arg_end=address + len(command),
        env_start=address + len(command),
        env_end=address + len(text),
        exe_fd=_NO_FILE,
        **{name: int(fields[number - 3]) for name, number in _MemoryMap.SOURCES if number},
    )
    size = ctypes.c_ulong(ctypes.sizeof(new))
    new.brk = _libc.sbrk(0)  # last: memory that is allocated may move it
    if _libc.prctl(_PR_SET_MM, _PR_SET_MM_MAP, ctypes.byref(new), size, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl(PR_SET_MM_MAP): {os.strerror(number)}")
