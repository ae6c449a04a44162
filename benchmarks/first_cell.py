"""Seconds from the container's command to the notebook's first cell.

Ours, bare papermill, and Elyra's own bootstrapper (without its downloads from GitHub and with package
installation off, which is its best case), in two environments: (a) a fresh virtual environment with only
papermill and ipykernel, (b) the one that runs this. Elyra's is measured in (b) only: it needs minio.

    python benchmarks/first_cell.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import statistics
import subprocess
import sys
import tarfile
import time
import venv
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.bootstrapper.specs import write_document
from elyra_neurodesk.bootstrapper.zipapp import build_zipapp, zipapp_sha256
from elyra_neurodesk.storage.location import StorageLocation
from tests.support.objectstore import ObjectStore, running_nanio
from tests.support.pipelines import write_notebook

CELL = "import time, pathlib; pathlib.Path('{stamp}').write_text(str(time.time()))"


class Stopwatch:
    """Starts programs whose first cell writes down when it ran.

    Args:
        folder: a directory to work in.
        store: a running object store.
    """

    def __init__(self, folder: Path, store: ObjectStore) -> None:
        self.folder = folder
        self.store = store
        self.stamp = folder / "stamp"
        self.notebook = write_notebook(folder / "n.ipynb", CELL.format(stamp=self.stamp))
        buffer = BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            archive.add(self.notebook, "n.ipynb")
        place = StorageLocation(store.endpoint, store.bucket)
        self.spec = TaskSpec("p", "p", "t", "t", "n.ipynb", "", place)
        self.spec = replace(self.spec, archive=hashlib.sha256(buffer.getvalue()).hexdigest())
        store.put(place.archive_key(self.spec.archive), buffer.getvalue())
        store.put(place.bootstrapper_key(zipapp_sha256()), build_zipapp())
        document = write_document([self.spec])
        self.document = hashlib.sha256(document).hexdigest()
        store.put(place.specs_key(self.document), document)
        store.put("elyra/n.tar.gz", buffer.getvalue())

    def seconds(self, command: list[str], python: Path, **environment: str) -> float:
        """Return the seconds from the start of ``command`` to the first cell."""
        self.stamp.unlink(missing_ok=True)
        work = Path(self.folder, f"work-{time.monotonic_ns()}")
        work.mkdir()
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        variables = {**os.environ, **self.store.environment, "PATH": path, **environment}
        started = time.time()
        subprocess.run(command, cwd=work, env=variables, check=True, capture_output=True)
        return float(self.stamp.read_text("ascii")) - started

    def ours(self, python: Path) -> float:
        """Measure the container command that we compile."""
        place = self.spec.store
        url = place.url(place.bootstrapper_key(zipapp_sha256()))
        run_id = f"r{time.monotonic_ns()}"
        return self.seconds([*CONTAINER_COMMAND, url, self.document, run_id, self.spec.task], python)

    def papermill(self, python: Path) -> float:
        """Measure papermill alone."""
        command = [str(python), "-m", "papermill", "--no-progress-bar", str(self.notebook), "out.ipynb"]
        return self.seconds(command, python)

    def elyra(self, python: Path) -> float:
        """Measure Elyra's bootstrapper as its container command calls it."""
        import elyra

        script = Path(elyra.__file__).parent / "kfp" / "bootstrapper.py"
        arguments = ["--pipeline-name", "p", "--cos-endpoint", self.store.endpoint, "--cos-bucket"]
        arguments += [self.store.bucket, "--cos-directory", "elyra", "--cos-dependencies-archive", "n.tar.gz"]
        command = [str(python), str(script), *arguments, "--file", "n.ipynb"]
        return self.seconds(command, python, ELYRA_INSTALL_PACKAGES="false")


def row(name: str, measure: Callable[[], float], rounds: int, base: float | None) -> float:
    """Print the median of several rounds after a warm-up and return it."""
    measure()
    figures = [measure() for _ in range(rounds)]
    median = statistics.median(figures)
    ratio = f"{median / base:5.2f}" if base else "     "
    print(f"  {name:22} {median:6.2f} s  {ratio}   ({min(figures):.2f} to {max(figures):.2f})")
    return median


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    with TemporaryDirectory(prefix="first-cell-") as name:
        folder = Path(name)
        fresh = folder / "fresh"
        venv.create(fresh, with_pip=True)
        bare = fresh / "bin/python"
        subprocess.run([bare, "-m", "pip", "install", "--quiet", "papermill", "ipykernel"], check=True)
        with running_nanio(folder / "store") as store:
            watch = Stopwatch(folder, store)
            print("(a) papermill and ipykernel alone: median, ratio to papermill")
            base = row("papermill", lambda: watch.papermill(bare), rounds, None)
            row("ours", lambda: watch.ours(bare), rounds, base)
            here = Path(sys.executable)
            print("(b) everything installed")
            base = row("papermill", lambda: watch.papermill(here), rounds, None)
            row("ours", lambda: watch.ours(here), rounds, base)
            row("Elyra's bootstrapper", lambda: watch.elyra(here), rounds, base)


if __name__ == "__main__":
    main()
