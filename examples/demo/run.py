"""Runs the demo pipeline on this machine: from the .pipeline file to a report that opens in a browser.

    python examples/demo/run.py [--results DIRECTORY] [--keep]

Starts the embedded backend with a sample CVMFS tree, submits ``neuroimaging.pipeline``, waits, fetches the
outputs and stops the backend again. Everything that it writes is below the results directory, the runtime
configuration too: that of your own backend stays as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cvmfs_tree import REPOSITORY, lay_out

HERE = Path(__file__).resolve().parent
PIPELINE = HERE / "neuroimaging.pipeline"
WITH = ("--runtime-config", "neurodesk_this_machine")
CLAIM = "cvmfs-neurodesk"
REPORT = "report/report"  # the task "report" and its output directory
EXTRAS = "local,bootstrapper,demo"
SIDECAR_SAW = "/neurodesk-modules"  # in the lines that the sidecar logs while it can read CVMFS


class DemoFailed(Exception):
    """What went wrong, in one line."""


class Cli:
    """The ``elyra-neurodesk`` command of this Python, with the backend's home below the results directory.

    Args:
        home: directory for everything the embedded backend keeps.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        # the demo's runtime configuration is its own: it must not replace the one of your own backend
        self._environment = {
            **os.environ,
            "ELYRA_NEURODESK_HOME": str(home),
            "ELYRA_METADATA_PATH": str(home / "jupyter"),
        }

    def run(self, *arguments: str, check: bool = True) -> int:
        """Run a command whose output is for the person at the terminal; return its exit status."""
        status = self._start(arguments).returncode
        if check and status:
            raise DemoFailed(f"`elyra-neurodesk {' '.join(arguments)}` ended with exit status {status}.")
        return status

    def read(self, *arguments: str) -> Any:
        """Run a command with ``--json`` and return what it printed."""
        done = self._start((*arguments, "--json"), stdout=subprocess.PIPE)
        try:
            if done.returncode == 0:
                return json.loads(done.stdout)
        except ValueError:
            pass
        command = " ".join(arguments)
        raise DemoFailed(f"`elyra-neurodesk {command} --json` ended with exit status {done.returncode}.")

    def _start(self, arguments: tuple[str, ...], **options: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "elyra_neurodesk.cli.main", *arguments]
        return subprocess.run(command, env=self._environment, text=True, check=False, **options)


@contextmanager
def backend(cli: Cli, tree: Path, keep: bool) -> Iterator[bool]:
    """Have the embedded backend up, and yield whether it stays: it was up before, or ``keep`` says so."""
    stays = bool(cli.read("local", "status")["up"]) or keep
    cli.run("local", "up", "--claim", f"{CLAIM}={tree}")
    try:
        yield stays
    finally:
        if not stays:
            cli.run("local", "down", check=False)


def submit_and_wait(cli: Cli) -> dict[str, Any]:
    """Submit the pipeline, show its progress, and return the run as ``runs show --json`` has it."""
    run_id = cli.read("submit", str(PIPELINE), *WITH)["run_id"]
    cli.run("runs", "watch", run_id, *WITH, check=False)  # fails with the run, whose state is read next
    return dict(cli.read("runs", "show", run_id, *WITH))


def what_the_sidecar_saw(home: Path, run_id: str) -> str:
    """Return the line in which a sidecar of this run says that it could read the repository."""
    for log in sorted((home / "runs" / run_id).rglob("neurodesk-cvmfs.log")):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if SIDECAR_SAW in line:
                return line.strip()
    raise DemoFailed(f"no sidecar says that it saw {REPOSITORY}; see {home / 'runs' / run_id}.")


def demo(results: Path, keep: bool) -> None:
    """Run the demo and say where everything is.

    Raises:
        DemoFailed: a step failed, or a task of the run.
    """
    cli = Cli(results / "backend")
    cli.home.mkdir(parents=True, exist_ok=True)
    tree = lay_out(results / "cvmfs")
    print(f"Sample CVMFS tree   {tree}")
    with backend(cli, tree, keep) as stays:
        run = submit_and_wait(cli)
        outputs = results / f"run-{run['run_id'][:8]}"
        succeeded = run["state"] == "SUCCEEDED"
        cli.run("runs", "outputs", run["run_id"], "--download", str(outputs), *WITH, check=succeeded)
        if not succeeded:
            failed = next((task for task in run["tasks"] if task["state"] == "FAILED"), run)
            name = failed.get("display_name", failed.get("name", "?"))
            raise DemoFailed(f"task {name} failed: {failed['message'] or 'no message'} (outputs: {outputs})")
        print(f"Sidecar             {what_the_sidecar_saw(cli.home, run['run_id'])}")
    print(f"Outputs             {outputs}")
    print(f"Report              {outputs / REPORT / 'report.html'}")
    print(f"Figure              {outputs / REPORT / 'figure.png'}")
    how = "" if stays else "  (gone with the backend; run the demo with --keep to see it)"
    print(f"Run page            {run['url']}{how}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the demo pipeline on this machine.")
    parser.add_argument(
        "--results", type=Path, default=Path("demo-results"), help="directory for everything it makes"
    )
    parser.add_argument("--keep", action="store_true", help="leave the embedded backend running afterwards")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # in order with what the commands print, in a file too
    started = time.monotonic()
    try:
        demo(options.results.resolve(), options.keep)
    except (DemoFailed, OSError) as problem:
        print(f"The demo failed: {problem}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as problem:
        print(f"The demo needs {problem.name}: pip install 'elyra-neurodesk[{EXTRAS}]'", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("The demo was interrupted.", file=sys.stderr)
        return 130
    print(f"Done in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
