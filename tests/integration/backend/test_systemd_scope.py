"""Memory limits in a scope of the user's systemd; `pod/test_cgroup_v2.py` boots one where there is none."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from elyra_neurodesk.backend.memory_limits import delegated_scope
from tests.support.backend import CONFIG, running_backend
from tests.support.pipelines import notebook_node, write_pipeline

GROUPS = Path("/sys/fs/cgroup")
GREEDY = "mine = b'x' * (1500 << 20)\nprint('not reached')\n"
MODEST = "mine = b'x' * (200 << 20)\nprint('enough')\n"


def group_of(pid: int) -> Path:
    """Return the directory of a process's control group (version 2)."""
    line = Path(f"/proc/{pid}/cgroup").read_text("ascii").splitlines()[-1]
    return GROUPS / line.partition("::")[2].lstrip("/")


@pytest.mark.slow
def test_local_up_has_a_scope_of_its_own_whose_groups_keep_the_limits(tmp_path: Path) -> None:
    if not delegated_scope():
        pytest.skip("the user's systemd delegates no control groups here, or would end with the session")
    nodes = []
    for name, code in (("greedy", GREEDY), ("modest", MODEST)):
        (tmp_path / f"{name}.py").write_text(code, "utf-8")
        nodes.append(notebook_node(name, f"{name}.py", memory_limit=1))
    file = write_pipeline(tmp_path / "study.pipeline", nodes)
    with running_backend(tmp_path / "backend", up=False) as backend:
        backend.jupyter.env["XDG_RUNTIME_DIR"] = os.environ["XDG_RUNTIME_DIR"]  # where the user's systemd is
        backend.up("--port", str(backend.port))
        assert backend.read("local", "status")["memory_limits"] == "cgroup v2, systemd scope"
        leaf = group_of(backend.state["server"]["pid"])
        scope = leaf.parent
        assert (leaf.name, scope.suffix) == ("elyra-neurodesk-server", ".scope")
        assert "memory" in (scope / "cgroup.subtree_control").read_text("ascii").split()
        run = backend.wait(backend.submit(file)["run_id"])
        tasks = {task["name"]: task for task in run["tasks"]}
        assert {name: task["state"] for name, task in tasks.items()} == {
            "greedy": "FAILED",
            "modest": "SUCCEEDED",
        }
        assert "ND-LOCAL-120" in tasks["greedy"]["message"]
        assert "limit is 1.0 GiB" in tasks["greedy"]["message"]
        assert sorted(path.name for path in scope.iterdir() if path.is_dir()) == [leaf.name]
        log = backend.cli("runs", "logs", run["run_id"], "--runtime-config", CONFIG).stdout
        assert "enough" in log
        assert "not reached" not in log
        backend.cli("local", "down", check=True)
        end = time.monotonic() + 10
        while scope.exists():  # systemd removes a scope without processes
            assert time.monotonic() < end
            time.sleep(0.1)
