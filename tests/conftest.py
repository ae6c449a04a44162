"""What all tests share."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import settings

# continuous integration tries the same examples every time; at a desk each run tries new ones
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

# tests of these folders share only what each worker has anyway; the same parameters stay together
SPREAD = ("tests/seeded/",)
# tests of these folders share what takes longest: it is made once
TOGETHER = ("tests/golden/", "tests/cluster/")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Make ``--dist loadfile`` keep the tests of a file on one worker, apart from `SPREAD` and `TOGETHER`.

    (Marks ``xdist_group`` do nothing with pytest 9.2 and pytest-xdist 3.8.)
    """
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduler(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return scope_of(nodeid)

    return Scheduler(config, log)


def scope_of(nodeid: str) -> str:
    """Return what tests that stay on one worker have in common, from a test's id."""
    for folder in TOGETHER:
        if nodeid.startswith(folder):
            return folder
    file, _, test = nodeid.partition("::")
    parameters = test.partition("[")[2]
    return f"{file}[{parameters}" if parameters and file.startswith(SPREAD) else file
