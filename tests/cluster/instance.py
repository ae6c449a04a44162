"""A directory of one cluster's state, and how all that a cluster leaves on a machine is taken away again.

An instance has a number, which no other has at the same time: its network and its cgroup follow from it. A
guard process waits for the end of the tests, however they end, and cleans up; should it be killed as well,
whoever takes the number next does so first. Only the standard library, so that the guard starts at once::

    python -m tests.cluster.instance DIRECTORY    # the guard: cleans up when its standard input ends
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BASE = Path("/var/tmp") / f"elyra-neurodesk-cluster-{os.getuid()}"  # on a disk, unlike /tmp of some systems
INSTANCES = 64
STOP_ORDER = (
    "kubelet",
    "coredns",
    "containerd",
    "kube-scheduler",
    "kube-controller-manager",
    "kube-apiserver",
    "etcd",
)
GRACE = 5.0  # seconds from SIGTERM to SIGKILL
CLEANING = 90.0  # seconds that the guard may take
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Instance:
    """The state of one cluster.

    Attributes:
        number: 0 … 63.
        directory: everything of the cluster is below it.
    """

    number: int
    directory: Path

    @property
    def bridge(self) -> str:
        """Return the name of the bridge of the node and its pods."""
        return f"elyra-nd{self.number}"

    @property
    def subnet(self) -> str:
        """Return the first three numbers of the addresses on the bridge."""
        return f"10.98.{self.number}"

    @property
    def address(self) -> str:
        """Return the node's address, which is the bridge's."""
        return f"{self.subnet}.1"

    @property
    def cgroup(self) -> str:
        """Return the name of the cgroup, below the root of each hierarchy, that has all pods."""
        return f"elyra-neurodesk-{self.number}"

    def start(self, name: str, command: Sequence[object], cwd: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a program of `STOP_ORDER`, which `clean` stops; its output is in ``NAME.log``."""
        log = self.directory / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd or self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C in the terminal reaches the tests, which then stop this
            )
        (self.directory / f"{name}.pid").write_text(f"{process.pid} {_started(process.pid)}")
        return process

    def log(self, name: str, lines: int = 15) -> str:
        """Return the last lines of a program's output."""
        text = (self.directory / f"{name}.log").read_text("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:])


@contextmanager
def new_instance() -> Iterator[Instance]:
    """Take a number and yield its empty instance; stop and remove all of it at the end.

    Raises:
        RuntimeError: all numbers are taken, or something could not be removed.
    """
    BASE.mkdir(mode=0o700, exist_ok=True)
    if BASE.stat().st_uid != os.getuid():
        raise RuntimeError(f"{BASE} belongs to another user")
    with _take_number() as (instance, lock):
        clean(instance)
        instance.directory.mkdir(mode=0o700, exist_ok=True)
        guard = subprocess.Popen(
            [sys.executable, "-m", "tests.cluster.instance", str(instance.directory)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=(lock,),  # until it has cleaned up, the number is taken
        )
        try:
            yield instance
        finally:
            _, errors = guard.communicate(timeout=CLEANING)
            if guard.returncode:
                raise RuntimeError(f"{instance.directory}: not cleaned up: {errors.decode()}")


@contextmanager
def _take_number() -> Iterator[tuple[Instance, int]]:
    for number in range(INSTANCES):
        with (BASE / f"{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            yield Instance(number, BASE / str(number)), lock.fileno()
            return
    raise RuntimeError(f"{INSTANCES} clusters are running: see {BASE}")


def clean(instance: Instance) -> None:
    """Stop the programs of the instance and remove its containers, mounts, network, cgroups and directory.

    Raises:
        OSError: something could not be removed.
    """
    for name in STOP_ORDER:
        _stop(instance.directory / f"{name}.pid")
        if name == "kubelet":  # no sooner, or it would start them again
            _stop_containers(instance)
    _unmount(instance.directory)
    if Path("/sys/class/net", instance.bridge).exists():
        subprocess.run(["ip", "link", "delete", instance.bridge], check=True)
    _remove_cgroups(instance)
    if instance.directory.exists():
        shutil.rmtree(instance.directory)


def _stop(pid_file: Path) -> None:
    try:
        pid, started = pid_file.read_text().split()
    except FileNotFoundError:
        return
    if _started(int(pid)) == started:
        _end([int(pid)])


def _stop_containers(instance: Instance) -> None:
    deadline = time.monotonic() + GRACE
    while pids := [pid for group in _cgroups(instance) for pid in _pids(group / "cgroup.procs")]:
        for pid in pids:
            _send(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise OSError(f"processes {pids} do not end")
        time.sleep(0.05)
    _end(_shims(instance))


def _shims(instance: Instance) -> list[int]:
    """Return the processes of containerd's shims: they outlive containerd."""
    address = str(instance.directory).encode()
    return [
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and _is_shim(process, address)
    ]


def _is_shim(process: Path, address: bytes) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False  # it has ended
    return words[0].endswith(b"/containerd-shim-runc-v2") and any(word.startswith(address) for word in words)


def _end(pids: Sequence[int]) -> None:
    """Ask the processes to end, and end those that do not."""
    for pid in pids:
        _send(pid, signal.SIGTERM)
    for last in (False, True):
        deadline = time.monotonic() + GRACE
        while any(map(_lives, pids)):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        else:
            return
        if last:
            raise OSError(f"processes {pids} do not end")
        for pid in pids:
            _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _stat(pid: int) -> list[str]:
    try:
        # after the name, which may have spaces and parentheses (proc(5))
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _lives(pid: int) -> bool:
    """Return whether the process has not ended; a zombie has."""
    return bool(_stat(pid)) and _stat(pid)[0] not in "ZX"


def _started(pid: int) -> str:
    """Return what tells a process from a later one of the same number, "" when it has ended."""
    fields = _stat(pid)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{fields[19]}" if fields else ""


def _pids(file: Path) -> list[int]:
    try:
        return [int(pid) for pid in file.read_text().split() if _lives(int(pid))]
    except OSError:
        return []


def _cgroups(instance: Instance) -> list[Path]:
    """Return the instance's cgroups of all hierarchies, the deepest first."""
    tops = [CGROUPS / instance.cgroup, *CGROUPS.glob(f"*/{instance.cgroup}")]
    # not rglob: groups go away meanwhile, which os.walk passes over
    groups = [Path(path) for top in tops for path, _, _ in os.walk(top)]
    return sorted(groups, key=lambda path: len(path.parts), reverse=True)


def _remove_cgroups(instance: Instance) -> None:
    deadline = time.monotonic() + GRACE
    while groups := _cgroups(instance):
        for group in groups:
            with contextlib.suppress(OSError):  # busy: a process in it is still ending
                group.rmdir()
        if time.monotonic() > deadline:
            raise OSError(f"cgroup {groups[-1]} cannot be removed")
        time.sleep(0.02)


def _unmount(directory: Path) -> None:
    deadline = time.monotonic() + GRACE
    while mounts := _mounts(directory):
        for mount in reversed(mounts):  # the latest first; one that a container leaves may be gone by now
            subprocess.run(["umount", "--lazy", mount], stderr=subprocess.DEVNULL, check=False)
        if time.monotonic() > deadline:
            raise OSError(f"{mounts[0]} cannot be unmounted")


def _mounts(directory: Path) -> list[str]:
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [mount for mount in mounts if Path(mount).is_relative_to(directory)]


def main() -> None:
    """Wait until standard input ends, then clean up."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    directory = Path(sys.argv[1])
    sys.stdin.buffer.read()
    clean(Instance(int(directory.name), directory))


if __name__ == "__main__":
    main()
