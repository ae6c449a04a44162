"""Declared modules are there before the first line of user code, whatever language that is in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jupyter_core.paths import jupyter_path

from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.objectstore import ObjectStore
from tests.support.tasks import make_notebook, record_of, run, submit

LMOD = Path("/usr/share/lmod/lmod/libexec/lmod")
KERNELS = [Path(place) for place in jupyter_path("kernels")]
MODULES = ("fsl/6.0.7", "ants/2.5.4")
SAYS = "bet from fsl 6.0.7.16 with"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    bet = Tool(
        "fsl",
        "6.0.7.16",
        "20240807",
        {"bet": f'echo "{SAYS} $FSLDIR"'},
        env={"FSLDIR": "BASEPATH/opt/fsl"},
    )
    ants = Tool("ants", "2.5.4", "20250423", {"N4": "true"}, category="image_registration", format=2)
    old = Tool("mrtrix3", "3.0.3", "20221108", {"mrconvert": "true"}, retired=True)
    return make_tree(tmp_path / "cvmfs", [bet, ants, old])


def notebook(cell: str, kernel: str = "python3", language: str = "python") -> str:
    return make_notebook(cell, kernel=kernel, language=language)


def needs(kernel: str) -> pytest.MarkDecorator:
    present = any((place / kernel).exists() for place in KERNELS)
    return pytest.mark.skipif(not present, reason=f"there is no kernel {kernel}")


CODE = [
    pytest.param("n.ipynb", notebook("!bet"), id="Python notebook"),
    pytest.param("b.ipynb", notebook("bet", "bash", "bash"), id="bash notebook", marks=needs("bash")),
    pytest.param(
        "r.ipynb", notebook('system("bet", intern=TRUE)', "ir", "R"), id="R notebook", marks=needs("ir")
    ),
    pytest.param("s.py", "import subprocess; subprocess.run(['bet'], check=True)", id="Python script"),
    pytest.param(
        "s.r",
        'quit(status = system("bet"))',
        id="R script",
        marks=pytest.mark.skipif(shutil.which("Rscript") is None, reason="there is no R"),
    ),
]


@pytest.mark.parametrize(
    "via",
    [pytest.param("lmod", marks=pytest.mark.skipif(not LMOD.exists(), reason="no Lmod")), "module file"],
)
@pytest.mark.parametrize(("file", "content"), CODE)
def test_a_declared_module_is_there_in_the_first_cell(
    shared_store: ObjectStore,
    directory: str,
    tmp_path: Path,
    tree: Path,
    file: str,
    content: str,
    via: str,
) -> None:
    spec = submit(
        shared_store, file, {file: content}, directory=directory, modules=MODULES, cvmfs=str(tree), claim="c"
    )
    environment = {}
    if via == "module file":
        broken = tmp_path / "lmod"
        broken.write_text("#!/bin/sh\nexit 1\n")
        broken.chmod(0o755)
        environment["LMOD_CMD"] = str(broken)
    outcome = run(shared_store, spec, tmp_path / "w", environment=environment)
    assert outcome.status == 0, outcome.text
    container = f"{tree}/containers/fsl_6.0.7.16_20240807"
    log = outcome.text
    if file.endswith(".ipynb"):
        executed = json.loads(shared_store.get(spec.run_key("0123-run", "one", file)))
        log += json.dumps(executed["cells"])
    assert f"{SAYS} {container}/fsl_6.0.7.16_20240807.simg/opt/fsl" in log
    found = record_of(shared_store, spec)["modules"]
    assert [(one["module"], one["via"], one["status"]) for one in found[:2]] == [
        ("fsl/6.0.7.16", via, "other"),
        ("ants/2.5.4", via, "exact"),
    ]
    assert found[0]["container"] == container
    assert "warning: the module fsl/6.0.7 is not there as written: loaded fsl/6.0.7.16" in outcome.text


@pytest.mark.skipif(not LMOD.exists(), reason="there is no Lmod")
def test_a_load_in_the_notebook_goes_on_from_the_declared_modules(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    pytest.importorskip("jupyterlmod", reason="jupyterlmod is not installed")
    root = tmp_path / "cvmfs"
    tools = [
        Tool("fsl", "6.0.7.16", "20240807", {"bet": "true"}),
        Tool("ants", "2.5.4", "20250423", {"N4": "echo N4 ran"}),
    ]
    make_tree(root, tools, repository=str(root))
    cell = """
import module
before = await module.list()
await module.load('ants/2.5.4')
after = await module.list()
assert before == ['fsl/6.0.7.16'], before
assert sorted(after) == ['ants/2.5.4', 'fsl/6.0.7.16'], after
!N4
"""
    spec = submit(
        shared_store,
        "n.ipynb",
        {"n.ipynb": make_notebook(cell)},
        directory=directory,
        modules=("fsl",),
        cvmfs=str(root),
        claim="c",
    )
    outcome = run(shared_store, spec, tmp_path / "w", environment={"LMOD_CMD": str(LMOD)})
    assert outcome.status == 0, outcome.text


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("mrtrix3", "ND-MODULE-002: the module mrtrix3/3.0.3 resolves to"),
        ("fls/6", "Similar: fsl."),
        ("fsl/5", "Available: fsl/6.0.7.16."),
    ],
)
def test_a_module_that_cannot_be_had_stops_the_task_before_any_cell(
    shared_store: ObjectStore, directory: str, tmp_path: Path, tree: Path, module: str, words: str
) -> None:
    content = notebook("open('/nowhere/ran', 'w')")
    fields = {"modules": ("ants", module), "cvmfs": str(tree), "claim": "c"}
    spec = submit(shared_store, "n.ipynb", {"n.ipynb": content}, directory=directory, **fields)
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 12
    assert words in outcome.last_line
    assert "papermill" not in outcome.text
    assert record_of(shared_store, spec)["error"]["code"].startswith("ND-MODULE-")
