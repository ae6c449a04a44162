"""Control groups of version 2, on a kernel that has them: User-Mode Linux, a program of this machine."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
UML = shutil.which("linux.uml")
INIT = """#!/bin/sh
mount -t proc proc /proc; mount -t tmpfs tmpfs /mnt
mount -t cgroup2 none /sys/fs/cgroup
ip link set lo up
export HOME=/mnt TMPDIR=/mnt LANG=C.UTF-8 PATH={path} PYTHONDONTWRITEBYTECODE=1
cd {root}
echo +memory > /sys/fs/cgroup/cgroup.subtree_control
delegated() {{  # what systemd does for a delegated scope, then the program alone in it
    mkdir /sys/fs/cgroup/$1
    sh -c 'echo $$ > /sys/fs/cgroup/$0/cgroup.procs; exec "$@"' "$@"
}}
look='from elyra_neurodesk.backend.memory_limits import memory_limits as f; print(f())'
delegated one.scope {python} -c "$look"
mkdir /sys/fs/cgroup/shared
(echo 0 > /sys/fs/cgroup/shared/cgroup.procs; sleep 60) & sleep 1
sh -c 'echo $$ > /sys/fs/cgroup/shared/cgroup.procs; exec {python} -c "$0"' "$look"
delegated two.scope {python} -m pytest -q -p no:cacheprovider -k 'control' {tests}
ls -d /sys/fs/cgroup/two.scope/*/
echo o > /proc/sysrq-trigger; halt -f
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(UML is None, reason="needs user-mode-linux")
def test_limits_are_kept_by_control_groups_of_version_2(tmp_path: Path) -> None:
    assert UML is not None
    init = tmp_path / "init"
    tests = Path(__file__).with_name("test_memory.py").relative_to(ROOT)
    text = INIT.format(root=ROOT, python=sys.executable, path=os.environ["PATH"], tests=tests)
    place = ROOT / f".{tmp_path.name}-init"
    init.write_text(text)
    init.chmod(0o700)
    words = ["mem=1G", "rootfstype=hostfs", "rootflags=/", "rw", "quiet", "con=null", "con0=fd:0,fd:1"]
    try:
        shutil.copy2(init, place)
        done = subprocess.run(
            [UML, *words, f"init={place}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=500,
        )
    finally:
        place.unlink(missing_ok=True)
    print(done.stdout)
    found = re.findall(r"MemoryLimits\(kind='([^']*)'", done.stdout)
    assert found == ["cgroup v2, systemd scope", "watched"]  # a group with other processes is not ours
    (passed,) = re.findall(r"(\d+) passed", done.stdout)
    assert int(passed) >= 7
    assert not re.search(r"\d+ (failed|error)", done.stdout)  # the kernel's own lines have the word, too
    assert re.findall(r"two\.scope/(.*)/", done.stdout) == ["elyra-neurodesk-server"]
