"""Runs a command beside a FUSE mount whose server has stopped.

Start it as ``unshare --user --map-root-user --mount python dead_mount.py DIRECTORY SECONDS COMMAND…``. The
mount's server, this process, answers the first request, as one that is alive would, takes all others and
answers none. What asks then waits in the kernel, where no signal ends it. When the command has ended, the
mount is aborted, which lets everything go that still waits; after SECONDS as well, with the exit status 124,
as timeout(1) has it.
"""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
import threading

_INIT = 26  # linux/fuse.h, as the layouts below
_IN_HEADER = struct.Struct("<IIQ")
_OUT_HEADER = struct.Struct("<IiQ")
_INIT_OUT = struct.Struct("<IIIIHHI40x")
_TIMED_OUT = 124


def main(directory: str, seconds: str, *command: str) -> int:
    """Mount, run the command, unmount; return its exit status."""
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"dead", os.fsencode(directory), b"fuse", 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    threading.Thread(target=_take_requests, args=(device,), daemon=True).start()
    child = subprocess.Popen(command)
    try:
        return child.wait(float(seconds))
    except subprocess.TimeoutExpired:
        child.kill()
        return _TIMED_OUT
    finally:
        libc.umount2(os.fsencode(directory), 1)  # MNT_FORCE: aborts the connection


def _take_requests(device: int) -> None:
    """Answer the request with which the kernel makes itself known, and no other."""
    while True:
        request = os.read(device, 1 << 20)
        _, kind, unique = _IN_HEADER.unpack_from(request)
        if kind == _INIT:
            answer = _INIT_OUT.pack(7, 31, 1 << 16, 0, 12, 9, 1 << 16)
            os.write(device, _OUT_HEADER.pack(_OUT_HEADER.size + len(answer), 0, unique) + answer)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
