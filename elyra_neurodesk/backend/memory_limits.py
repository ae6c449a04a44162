"""How memory limits of tasks are kept on this machine: by control groups (cgroups), or by the supervisors.

A user may make control groups where root, a container's runtime or systemd has delegated some
(https://docs.kernel.org/admin-guide/cgroup-v2.html#delegation). `local up` asks the user's systemd for a
delegated scope (https://systemd.io/CGROUP_DELEGATION/) and starts the server in it; the server finds out, by
making a group and moving a process into it, whether the kernel lets it. Else supervisors look at the memory.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from elyra_neurodesk.backend.pod.cgroup import PROCESSES, MemoryCgroup, remove_group

WATCHED = "watched"
"""What `MemoryLimits.kind` is without control groups."""

_PROBE_BYTES = 1 << 30
_SYSTEMD_SECONDS = 3.0
_LINGER = Path("/var/lib/systemd/linger")
_OCTAL = re.compile(r"\\([0-7]{3})")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MemoryLimits:
    """How memory limits are kept.

    Attributes:
        kind: for people: "cgroup v2", "cgroup v2, systemd scope", "cgroup v1" or "watched".
        groups: directory of the control group below which tasks get theirs; None when they are watched.
    """

    kind: str = WATCHED
    groups: Path | None = None


@dataclass(frozen=True)
class _Hierarchy:
    """A control group hierarchy with the memory controller, as this process sees it.

    Attributes:
        version: 1 or 2.
        own: directory of the group that this process is in.
    """

    version: int
    own: Path


def memory_limits(proc: Path = Path("/proc/self")) -> MemoryLimits:
    """Return what this process may use for its tasks; call it before this process has threads or children.

    In version 2 only groups without processes have children with limits, so this process moves into a group
    below its own.

    Args:
        proc: its directory in /proc.
    """
    for hierarchy in _hierarchies(proc):
        try:
            if hierarchy.version == 2:
                _delegate(hierarchy.own)
            _probe(hierarchy.own)
        except OSError as problem:
            _log.info("cgroup v%d cannot limit memory in %s: %s", hierarchy.version, hierarchy.own, problem)
        else:
            scope = ", systemd scope" if hierarchy.own.name.endswith(".scope") else ""
            return MemoryLimits(f"cgroup v{hierarchy.version}{scope}", hierarchy.own)
    return MemoryLimits()


def delegated_scope() -> list[str]:
    """Return what starts a program in a scope of the user's systemd that may make control groups.

    [] where there is no such systemd, or where the program would end with the user's session because of it:
    the systemd of a user without lingering (loginctl enable-linger) ends at the last logout.
    """
    program = shutil.which("systemd-run")
    if program is None or not (_lingers() or _below_users_systemd()):
        return []
    # --scope: systemd-run becomes the program itself, with the same process id
    command = [program, "--user", "--scope", "--quiet", "--collect", "--property=Delegate=yes", "--"]
    with suppress(OSError, subprocess.SubprocessError):
        tried = subprocess.run(
            [*command, "true"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SYSTEMD_SECONDS,
            check=False,
        )
        if tried.returncode == 0:
            return command
    return []


def _lingers() -> bool:
    import pwd

    with suppress(KeyError, OSError):
        return (_LINGER / pwd.getpwuid(os.geteuid()).pw_name).exists()
    return False


def _below_users_systemd() -> bool:
    """Return whether this process belongs to the user's systemd already, as programs of a desktop do."""
    with suppress(OSError):
        return f"/user@{os.geteuid()}.service/" in Path("/proc/self/cgroup").read_text(encoding="utf-8")
    return False


def _hierarchies(proc: Path) -> Iterator[_Hierarchy]:
    """Yield the hierarchies with a memory controller, version 2 first; one of them at most has it."""
    groups: dict[int, str] = {}  # by version
    with suppress(OSError, UnicodeError):
        for line in (proc / "cgroup").read_text(encoding="utf-8").splitlines():
            number, controllers, path = line.split(":", 2)
            if number == "0":
                groups[2] = path
            elif "memory" in controllers.split(","):
                groups[1] = path
        mounts = (proc / "mountinfo").read_text(encoding="utf-8").splitlines()
        for version in (2, 1):
            for line in mounts if version in groups else ():
                own = _own_directory(line, version, groups[version])
                if own is not None and own.is_dir():
                    yield _Hierarchy(version, own)
                    break


def _own_directory(mount: str, version: int, group: str) -> Path | None:
    """Return where a line of mountinfo (man 5 proc) shows a group; None for another file system."""
    before, _, after = mount.partition(" - ")
    root, point = (_unescaped(text) for text in before.split()[3:5])
    kind, _, options = after.split(" ", 2)
    if version == 2 and kind != "cgroup2":
        return None
    if version == 1 and (kind != "cgroup" or "memory" not in options.split(",")):
        return None
    below = os.path.relpath(group, root)
    return None if below.split("/")[0] == ".." else Path(point, below)


def _unescaped(text: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def _delegate(own: Path) -> None:
    """Make the memory controller available to groups below ``own``.

    Raises:
        OSError: the kernel forbids it, or other processes are in the group.
    """
    if "memory" not in (own / "cgroup.controllers").read_text().split():
        raise OSError("the memory controller is not available")
    control = own / "cgroup.subtree_control"
    if "memory" in control.read_text().split():
        return
    if not (own / "cgroup.type").exists():  # the root, which may have processes
        control.write_text("+memory")
        return
    if (own / PROCESSES).read_text().split() != [str(os.getpid())]:
        raise OSError("other processes are in the group")
    leaf = own / "elyra-neurodesk-server"
    leaf.mkdir(exist_ok=True)
    try:
        (leaf / PROCESSES).write_text("0")
        control.write_text("+memory")
    except OSError:
        (own / PROCESSES).write_text("0")
        remove_group(leaf)
        raise


def _probe(own: Path) -> None:
    """Make a group with a limit below ``own``, move a process into it, and remove it.

    Raises:
        OSError: it cannot be done.
    """
    group = MemoryCgroup(own / f"elyra-neurodesk-probe-{os.getpid()}", _PROBE_BYTES)
    try:
        with subprocess.Popen(["/bin/sh", "-c", "read _"], stdin=subprocess.PIPE) as child:
            (group.directory / PROCESSES).write_text(str(child.pid))
            child.communicate(b"\n")
    finally:
        remove_group(group.directory)
