"""A real Kubernetes for the tests of this folder, at two levels; started once, stopped after the last test.

`control_plane` is etcd and kube-apiserver, ready within seconds, for what is decided at admission. `cluster`
runs pods. A machine that cannot have one skips the tests that need it, and says why. Both are ``slow``:
`make test-all` runs them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.binaries import NotBuilt
from tests.cluster.control_plane import ControlPlane, running_control_plane
from tests.cluster.node import CannotRun, Cluster, running_cluster

HERE = Path(__file__).parent
REAL = ("control_plane", "cluster")


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what starts Kubernetes."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if item.path.parent == HERE and any(name in REAL for name in names):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="package")
def control_plane() -> Iterator[ControlPlane]:
    """Yield a control plane without controllers and nodes."""
    try:
        with running_control_plane() as plane:
            yield plane
    except NotBuilt as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """Yield a cluster of one node that runs pods."""
    try:
        with running_cluster() as running:
            yield running
    except (CannotRun, NotBuilt) as missing:
        pytest.skip(str(missing))
