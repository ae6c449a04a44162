"""What the commands that people type most must not import: it takes a tenth of a second or more.

``benchmarks/commands.py`` measures the times.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.backend import CONFIG, Backend, running_backend
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

HEAVY = {
    *("elyra", "kfp", "kubernetes", "google", "minio", "black", "pygments"),
    *("jsonschema", "nbformat", "nbconvert", "papermill", "IPython", "ipykernel", "traitlets"),
    *("jupyter_server", "tornado", "starlette", "uvicorn", "pandas", "numpy", "networkx", "jinja2"),
}
CLIENTS = {"requests", "urllib3", "kfp_server_api"}
PROGRAM = (
    "import sys\n"
    "from elyra_neurodesk.cli.main import run\n"
    "status = run(sys.argv[1:])\n"
    "print(*sys.modules, file=sys.stderr)\n"
    "sys.exit(status)\n"
)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Place:
    """A backend with a run, and the pipeline that it was made from."""

    backend: Backend
    file: str
    run: str

    def imported(self, *arguments: str) -> set[str]:
        """Run a command line in a new process and return the packages that it has imported."""
        done = self.backend.jupyter.run(sys.executable, "-c", PROGRAM, *arguments, fork=False)
        return {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("imports")
    write_notebook(folder / "one.ipynb", "print(1)")
    file = write_pipeline(folder / "one.pipeline", [notebook_node("one", "one.ipynb")])
    with running_backend(folder) as backend:
        submission = backend.submit(file)
        yield Place(backend, str(file), submission["run_id"])


@pytest.mark.parametrize("arguments", [("--help",), ("check", "FILE"), ("submit", "--dry-run", "FILE")])
def test_what_asks_no_server_imports_nothing_heavy_and_no_client(
    place: Place, arguments: tuple[str, ...]
) -> None:
    given = [place.file if one == "FILE" else one for one in arguments]
    options = ["--runtime-config", CONFIG] if "FILE" in arguments else []
    assert not place.imported(*given, *options) & (HEAVY | (CLIENTS if arguments[0] != "submit" else set()))


def test_submitting_a_pipeline_of_notebooks_imports_nothing_heavy(place: Place) -> None:
    assert not place.imported("submit", place.file, "--runtime-config", CONFIG) & HEAVY


@pytest.mark.parametrize("command", ["list", "show"])
def test_looking_at_runs_imports_nothing_heavy(place: Place, command: str) -> None:
    given = [place.run] if command == "show" else []
    place.backend.wait(place.run)
    assert not place.imported("runs", command, *given, "--runtime-config", CONFIG) & HEAVY
