"""What a forked task of another user than root may do, once it has entered a namespace of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from elyra_neurodesk.backend.pod import syscalls

PYTHON = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
NOBODY = 65534
PROBE = """
import os, sys
exec(sys.stdin.read())  # syscalls.py: another user may be unable to read this directory

def state():
    lines = open("/proc/self/status").read().splitlines()
    return [int(line.split()[1], 16) for line in lines if line.startswith(("CapPrm", "CapEff", "CapInh"))]

try:
    enter_mount_namespace()
except OSError as problem:
    sys.exit(f"no namespaces: {problem}")
inside = state()
become_as_executed()
child = os.popen("grep -E 'Cap(Inh|Prm|Eff)' /proc/self/status").read().split()[1::2]
print(any(inside), state() == [int(text, 16) for text in child], any(state()), os.stat("/proc/self").st_uid)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_forked_task_of_another_user_has_what_an_executed_one_would_have() -> None:
    done = subprocess.run(
        [PYTHON, "-S", "-c", PROBE],
        input=Path(syscalls.__file__).read_text(),
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=30,
    )
    if "no namespaces" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.stdout.split() == ["True", "True", "False", str(NOBODY)], done.stderr
