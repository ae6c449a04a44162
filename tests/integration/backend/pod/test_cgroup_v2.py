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
SYSTEMD = Path("/lib/systemd/systemd")
needs_uml = pytest.mark.skipif(UML is None, reason="needs user-mode-linux")

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

# this machine's files below an overlay, so that nothing of it is changed; its systemd as process 1, with the
# services of a login; a user with lingering, in whose name the test runs outside of the user's own services
SYSTEMD_INIT = """#!/bin/sh
mount -t proc proc /proc; mount -t tmpfs tmpfs /mnt
mkdir /mnt/changes /mnt/work /mnt/root
{python} - <<END
import ctypes, glob, os
(overlay,) = glob.glob(f"/usr/lib/uml/modules/{{os.uname().release}}/kernel/fs/overlayfs/overlay.ko")
module = os.open(overlay, os.O_RDONLY)
ctypes.CDLL(None).syscall({finit_module}, module, b"", 0)
END
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/changes,workdir=/mnt/work /mnt/root || halt -f
ip link set lo up
cd /mnt/root
chmod a+rx {directories}
echo 'ana:x:4321:4321:Ana:/home/ana:/bin/sh' >> etc/passwd; echo 'ana:x:4321:' >> etc/group
echo 'ana:*:20000:0:99999:7:::' >> etc/shadow
mkdir -p home/ana var/lib/systemd/linger mnt/old; chown 4321:4321 home/ana; touch var/lib/systemd/linger/ana
: > etc/fstab
for unit in tmpfiles-setup.service tmpfiles-setup-dev.service tmpfiles-clean.timer journal-flush.service \\
    modules-load.service timesyncd.service update-utmp.service; do
    ln -sf /dev/null etc/systemd/system/systemd-$unit
done
ln -sf /dev/null etc/systemd/system/modprobe@.service
cat > etc/systemd/system/the-test.service <<END
[Unit]
Requires=dbus.socket systemd-logind.service user@4321.service
After=dbus.socket systemd-logind.service user@4321.service
DefaultDependencies=no
OnFailure=poweroff.target
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
User=ana
WorkingDirectory={root}
Environment=HOME=/home/ana TMPDIR=/home/ana XDG_RUNTIME_DIR=/run/user/4321 LANG=C.UTF-8
Environment=PATH={path} PYTHONDONTWRITEBYTECODE=1
ExecStart={python} -m pytest -q -rs --color=no -p no:cacheprovider -p no:xdist {tests}
StandardOutput=tty
StandardError=tty
TTYPath=/dev/tty0
TimeoutStartSec=1000
END
pivot_root . mnt/old
exec chroot . {systemd} --unit=the-test.service --log-target=console --log-level=notice --show-status=no \\
    </dev/console >/dev/console 2>&1
"""


def boot(init: str, tmp_path: Path, memory: str, seconds: float) -> str:
    """Boot User-Mode Linux with this machine's files and this script as process 1; return what it printed."""
    assert UML is not None
    script = tmp_path / "init"
    script.write_text(init)
    script.chmod(0o700)
    place = ROOT / f".{tmp_path.name}-init"
    words = [f"mem={memory}", "rootfstype=hostfs", "rootflags=/", "rw", "quiet", "con=null", "con0=fd:0,fd:1"]
    try:
        shutil.copy2(script, place)
        done = subprocess.run(
            [UML, *words, f"init={place}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    finally:
        place.unlink(missing_ok=True)
    print(done.stdout)
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs_uml
def test_limits_are_kept_by_control_groups_of_version_2(tmp_path: Path) -> None:
    tests = Path(__file__).with_name("test_memory.py").relative_to(ROOT)
    init = INIT.format(root=ROOT, python=sys.executable, path=os.environ["PATH"], tests=tests)
    output = boot(init, tmp_path, "1G", 500)
    found = re.findall(r"MemoryLimits\(kind='([^']*)'", output)
    assert found == ["cgroup v2, systemd scope", "watched"]  # a group with other processes is not ours
    (passed,) = re.findall(r"(\d+) passed", output)
    assert int(passed) >= 7
    assert not re.search(r"\d+ (failed|error)", output)  # the kernel's own lines have the word, too
    assert re.findall(r"two\.scope/(.*)/", output) == ["elyra-neurodesk-server"]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@needs_uml
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as whom the system that is booted reads its files")
@pytest.mark.skipif(not SYSTEMD.exists(), reason="needs systemd")
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the number of a system call is that of x86-64")
def test_limits_are_kept_in_a_scope_of_the_users_systemd(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1] / "test_systemd_scope.py"
    places = (Path(sys.executable), Path(sys.executable).resolve(), ROOT / "tests")
    parents = {parent for place in places for parent in place.parents} - {Path("/")}
    init = SYSTEMD_INIT.format(
        root=ROOT,
        python=sys.executable,
        path=os.environ["PATH"],
        tests=tests.relative_to(ROOT),
        directories=" ".join(sorted(str(parent.relative_to("/")) for parent in parents)),
        systemd=SYSTEMD,
        finit_module=313,
    )
    output = boot(init, tmp_path, "3G", 1100)
    assert "1 passed" in output
