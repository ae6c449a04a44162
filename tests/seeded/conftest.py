"""Every seeded task runs once in a session; tests look at what became of it."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.bootstrapper.environment import LMOD_CMD
from elyra_neurodesk.check.check import check_sources
from elyra_neurodesk.check.nodes import CheckInput
from elyra_neurodesk.check.report import Finding
from elyra_neurodesk.graph.pipeline import NotebookNode
from elyra_neurodesk.modules.sources import current_index
from tests.seeded.cases import Case
from tests.seeded.running import Runs, Workshop
from tests.seeded.tools import DATA, make_sample_tree, write_data
from tests.support.objectstore import running_nanio


def reason_to_skip(case: Case) -> str:
    """Return why this machine cannot run the case, "" if it can."""
    if not Path(LMOD_CMD).is_file():
        return "Lmod is not installed (Debian: lmod)"
    if importlib.util.find_spec("module") is None:
        return "jupyterlmod is not installed"
    if case.kernel == "bash" and importlib.util.find_spec("bash_kernel") is None:
        return "bash_kernel is not installed"
    if case.path.suffix == ".r" and shutil.which("Rscript") is None:
        return "Rscript is not installed"
    if case.kernel == "ir" and not _has_r_kernel():
        return "the R kernel is not installed (Debian: r-cran-irkernel)"
    return ""


def _has_r_kernel() -> bool:
    from jupyter_client.kernelspec import KernelSpecManager

    return shutil.which("R") is not None and "ir" in KernelSpecManager().find_kernel_specs()


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """One object store, one tree and one home for all cases."""
    root = tmp_path_factory.mktemp("seeded")
    with running_nanio(root) as store:
        made = Workshop(store, make_sample_tree(root / "cvmfs"), root)
        made.install_bash_kernel()
        yield made
        made.close()


@pytest.fixture(scope="session")
def runs(workshop: Workshop, request: pytest.FixtureRequest) -> Iterator[Runs]:
    """The tasks that the session's selected tests want; each begins with the first test of its case."""
    chosen = [getattr(item, "callspec", None) for item in request.session.items]
    parameters = [spec.params for spec in chosen if spec is not None]
    wanted = [
        (found["case"], how)
        for found in parameters
        if isinstance(found.get("case"), Case) and not reason_to_skip(found["case"])
        for how in found.get("hows", ())
    ]
    made = Runs(workshop, wanted)
    yield made
    made.close()


@pytest.fixture
def results(case: Case, hows: tuple[str, ...], request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """What became of the test's case, by strictness; the test is skipped where the machine cannot run it."""
    if reason := reason_to_skip(case):
        pytest.skip(reason)
    runs: Runs = request.getfixturevalue("runs")
    return {how: runs[case, how] for how in hows}


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Sequence[Finding]]:
    """Read a case's file as the check before submitting does, with the sample tree as the module index."""
    root = tmp_path_factory.mktemp("check")
    tree = make_sample_tree(root / "cvmfs")
    index = current_index(tree, environment={"HOME": str(root), "XDG_CACHE_HOME": str(root / "cache")})
    write_data(root / "files")

    def checked(case: Case) -> Sequence[Finding]:
        path = root / "files" / case.path.name
        path.write_bytes(case.path.read_bytes())
        node = NotebookNode(
            id=case.path.stem,
            label=case.path.stem,
            file=path.name,
            outputs=tuple(case.node.get("outputs", ())),
            parameters=tuple(case.parameters),
        )
        files = {path.name: path, **{name: root / "files" / name for name in DATA}}
        modules = tuple(case.node.get("modules", ()))
        return check_sources([CheckInput(node, path, files, modules)], index).findings

    return checked
