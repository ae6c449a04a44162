"""The programs of Kubernetes that the tests start, built once from Go modules into a cache.

The ``go.mod`` files below ``tools`` pin every module. The cache is
``~/.cache/elyra-neurodesk-tests/cluster-tools``, or the directory that ``ELYRA_NEURODESK_CLUSTER_TOOLS``
names; in it, a directory for each content of a module and architecture.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).with_name("tools")
GO_NEEDED = (1, 26)
GO_ELSEWHERE = Path("/usr/local/go/bin/go")  # where Go's own installation instructions put it

CONTROL_PLANE = {"etcd": "./etcd", "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver"}
NODE = {
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kubelet": "k8s.io/kubernetes/cmd/kubelet",
    "pause": "./pause",
}
CONTAINERD = {
    "containerd": "github.com/containerd/containerd/v2/cmd/containerd",
    "containerd-shim-runc-v2": "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
    "ctr": "github.com/containerd/containerd/v2/cmd/ctr",
}
COREDNS = {"coredns": "."}
ARGO = {"argo-patch": "."}
# modules of their own: what the others require is newer than what this Kubernetes compiles with
GROUPS = (
    ("kubernetes", CONTROL_PLANE),
    ("kubernetes", NODE),
    ("containerd", CONTAINERD),
    ("coredns", COREDNS),
    ("argo-patch", ARGO),
)
BUILD_TAGS = "no_btrfs,no_devmapper,no_zfs"  # snapshotters that need C libraries


class CannotBuild(Exception):
    """This machine has no Go that builds the tools; the message says which is needed."""


class NotBuilt(Exception):
    """Some of the tools are not in the cache; the message names them."""


def cache() -> Path:
    """Return the directory of all that the cluster's tests build."""
    default = Path.home() / ".cache" / "elyra-neurodesk-tests" / "cluster-tools"
    return Path(os.environ.get("ELYRA_NEURODESK_CLUSTER_TOOLS") or default)


def directory(module: str) -> Path:
    """Return the directory of the programs of a module below ``tools``, built or not."""
    digest = hashlib.sha256(platform.machine().encode())
    folder = TOOLS / module
    for file in sorted(path for path in folder.rglob("*") if path.suffix in (".go", ".mod", ".sum")):
        digest.update(f"\0{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return cache() / f"{module}-{digest.hexdigest()[:16]}"


def find(names: Sequence[str]) -> dict[str, Path]:
    """Return the path of each program.

    Raises:
        NotBuilt: one is missing.
    """
    modules = {name: module for module, packages in GROUPS for name in packages}
    found = {name: directory(modules[name]) / name for name in names}
    missing = [name for name, path in found.items() if not path.is_file()]
    if missing:
        raise NotBuilt(f"{', '.join(missing)} not built into {cache()}: `make cluster-tools` does")
    return found


@dataclass(frozen=True)
class Built:
    """A group of tools that `build` made: their names, and the seconds that it took (0 from the cache)."""

    names: tuple[str, ...]
    seconds: float


def build() -> Iterator[Built]:
    """Build what the cache has not, the control plane first, and yield each group when it is there.

    Each program appears in the cache whole or not at all; a build that was interrupted goes on where Go's own
    cache is. One build at a time: another one waits.

    Raises:
        CannotBuild: no Go, or one that is too old.
        subprocess.CalledProcessError: Go could not build them.
    """
    cache().mkdir(parents=True, exist_ok=True)
    with locked(cache() / "build.lock"):
        for module, packages in GROUPS:
            target = directory(module)
            missing = {name: package for name, package in packages.items() if not (target / name).is_file()}
            began = time.monotonic()
            if missing:
                _build(module, missing, target)
            yield Built(tuple(packages), time.monotonic() - began if missing else 0.0)


def _build(module: str, packages: dict[str, str], target: Path) -> None:
    go = _go()
    flags = ["-trimpath", "-buildvcs=false", f"-tags={BUILD_TAGS}", f"-ldflags={_linker_flags()}"]
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".building-") as scratch:
        environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
        command = [str(go), "build", *flags, "-o", f"{scratch}/", *packages.values()]
        subprocess.run(command, cwd=TOOLS / module, env=environment, check=True)
        for name in packages:
            (Path(scratch) / name).replace(target / name)


def _linker_flags() -> str:
    """Return the flags that state Kubernetes' version: without it, the API server switches features off."""
    version = _kubernetes_version()
    major, minor, _ = version.removeprefix("v").split(".", 2)
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return " ".join(
        ["-s -w", *(f"-X {place}.{name}={value}" for place in packages for name, value in stamps.items())]
    )


def _kubernetes_version() -> str:
    found = re.search(r"\sk8s\.io/kubernetes (v\S+)", (TOOLS / "kubernetes" / "go.mod").read_text("utf-8"))
    assert found, "tools/kubernetes/go.mod requires no k8s.io/kubernetes"
    return found[1]


def _go() -> Path:
    needed = ".".join(map(str, GO_NEEDED))
    found = [Path(go) for go in (shutil.which("go"), GO_ELSEWHERE) if go and Path(go).is_file()]
    for go in found:
        text = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
        version = re.match(r"go(\d+)\.(\d+)", text)
        if version and (int(version[1]), int(version[2])) >= GO_NEEDED:
            return go
    has = f"{found[0]} is older" if found else f"there is none on PATH or at {GO_ELSEWHERE}"
    raise CannotBuild(f"Go {needed} or newer builds the cluster's tools, and {has}")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of this file, which is made; wait for it while another process does."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
