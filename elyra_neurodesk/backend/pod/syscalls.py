"""The few Linux calls that Python's standard library lacks in 3.11, through the C library."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_REC, MS_BIND, MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE = 0x4000, 0x1000, 1 << 17, 1 << 18, 1 << 19
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36
_CAPABILITY_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3 of linux/capability.h

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the parent's namespaces; see unshare(2)."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Mount, bind or change propagation; see mount(2)."""
    result = _libc.mount(
        None if source is None else os.fsencode(source),
        os.fsencode(target),
        None if kind is None else kind.encode(),
        ctypes.c_ulong(flags),
        data.encode(),
    )
    _check(result, f"mount at {target}")


def change_root(root: str) -> None:
    """Make the mount point ``root`` the root directory and forget the old one.

    pivot_root(2) rather than chroot(2), under which the kernel forbids new user namespaces (apptainer).
    """
    os.chdir(root)
    _check(_libc.pivot_root(b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", ctypes.c_int(_MNT_DETACH)), "umount of the old root")
    os.chdir("/")


def die_with_parent(signal_number: int) -> None:
    """Ask for a signal when the parent ends, however it ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal_number), 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0), "prctl")


def become_as_executed() -> None:
    """Have the capabilities and the permissions in /proc that execve(2) would have given to this process.

    A process that has entered a user namespace has all capabilities there until it executes a program.
    """
    if os.geteuid() != 0:
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
        none = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice 32 bits
        _check(_libc.capset(header, none), "capset")
    _check(_libc.prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(1), 0, 0, 0), "prctl")


def enter_mount_namespace() -> None:
    """Give this single-threaded process mounts of its own, unprivileged with a user namespace.

    Mounts made on the host later (a CVMFS repository mounted on demand) still arrive; nothing goes back.

    Raises:
        OSError: the machine does not permit it.
    """
    uid, gid = os.geteuid(), os.getegid()
    try:
        unshare(CLONE_NEWNS)
    except PermissionError:
        unshare(CLONE_NEWUSER | CLONE_NEWNS)
        # the kernel wants setgroups denied before an unprivileged process may map its group
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    mount(None, "/", None, MS_REC | MS_SLAVE)
