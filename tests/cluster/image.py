"""The images of the cluster's pods, made here: a small Neurodesktop, and the pause image.

"Mini Neurodesktop" has what a task touches in Neurodesktop: Python 3, Lmod, curl, papermill with Python's and
bash's kernels, the user jovyan 1000:100; and the image's user is root, as Neurodesktop's is.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cluster import binaries
from tests.cluster.oci import write_archive

NEURODESKTOP = "neurodesk.test/mini-neurodesktop:2026"
PAUSE = "neurodesk.test/pause:1"
SUITE = "bookworm"
PYTHON = "3.11"  # of that suite
PACKAGES = ("ca-certificates", "curl", "lmod", "python3")
REQUIREMENTS = Path(__file__).with_name("image-requirements.txt")
USER = ("jovyan", 1000, 100)
_HERE = Path(__file__)


class CannotBuildImage(Exception):
    """This machine cannot make the image; the message says what is missing."""


def archives() -> list[Path]:
    """Return the archives of all images.

    Raises:
        binaries.NotBuilt: one is missing.
    """
    found = [_neurodesktop_archive(), _pause_archive()]
    missing = [path.name for path in found if not path.is_file()]
    if missing:
        raise binaries.NotBuilt(
            f"{', '.join(missing)} not built into {binaries.cache()}: `make cluster-tools` does"
        )
    return found


def build_images() -> None:
    """Make the images that the cache has not; each appears whole or not at all.

    Raises:
        CannotBuildImage: no root, no debootstrap.
        subprocess.CalledProcessError: debootstrap or pip failed.
    """
    if os.geteuid():
        raise CannotBuildImage("debootstrap needs root")
    if not shutil.which("debootstrap") and not Path("/usr/sbin/debootstrap").exists():
        raise CannotBuildImage("no debootstrap (Debian package debootstrap)")
    with binaries.locked(binaries.cache() / "images.lock"):
        if not _pause_archive().is_file():
            with _scratch() as tree:
                shutil.copy2(binaries.find(["pause"])["pause"], Path(tree) / "pause")
                write_archive(_pause_archive(), PAUSE, Path(tree), {"Entrypoint": ["/pause"]})
        if not _neurodesktop_archive().is_file():
            with _scratch() as tree:
                _fill(Path(tree))
                path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                config = {
                    "Env": [f"PATH={path}", "LANG=C.UTF-8"],
                    "Cmd": ["bash"],
                    "WorkingDir": "/home/jovyan",
                }
                write_archive(_neurodesktop_archive(), NEURODESKTOP, Path(tree), config)


def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(dir=binaries.cache(), prefix=".image-")


def _neurodesktop_archive() -> Path:
    recipe = _HERE.read_bytes() + REQUIREMENTS.read_bytes()
    return binaries.cache() / f"mini-neurodesktop-{hashlib.sha256(recipe).hexdigest()[:16]}.tar"


def _pause_archive() -> Path:
    return binaries.cache() / f"{binaries.directory('kubernetes').name}-pause.tar"


def _fill(tree: Path) -> None:
    """Install the image's packages below ``tree``."""
    tree.chmod(0o755)
    path = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(tree)]
    subprocess.run(command, env=path, stdout=subprocess.DEVNULL, check=True)
    site = tree / "usr/local/lib" / f"python{PYTHON}" / "dist-packages"
    # wheels for the image's Python, chosen by the one that runs this
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--target", str(site), "--python-version", PYTHON, "--only-binary", ":all:"]
    subprocess.run([*command, "--requirement", str(REQUIREMENTS)], check=True)
    kernels = tree / "usr/local/share/jupyter/kernels"
    shutil.copytree(site / "share/jupyter", kernels.parent)
    (kernels / "bash").mkdir(exist_ok=True)
    spec = {
        "argv": ["python3", "-m", "bash_kernel", "-f", "{connection_file}"],
        "display_name": "Bash",
        "language": "bash",
    }
    (kernels / "bash" / "kernel.json").write_text(json.dumps(spec))
    name, uid, gid = USER
    with (tree / "etc/passwd").open("a") as accounts:
        accounts.write(f"{name}:x:{uid}:{gid}::/home/{name}:/bin/bash\n")
    home = tree / "home" / name
    home.mkdir()
    os.chown(home, uid, gid)
    shutil.rmtree(tree / "var/cache/apt")
    shutil.rmtree(tree / "var/lib/apt/lists")
