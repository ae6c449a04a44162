"""Notebook, tools and notebook as one pipeline, run by the embedded backend on a tree of sample tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.catalogs.home import install
from tests.support.backend import Backend, running_backend
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.pipelines import catalog_node, node_id, notebook_node, write_notebook, write_pipeline

pytest.importorskip("papermill")

BET = 'sed "s/head/brain/" "$1" >"$2.nii.gz"; echo "mask of $(cat "$1")" >"$2_mask.nii.gz"'
FAST = """for last; do :; done
while [ "$1" != -o ]; do shift; done
for map in seg pve_0 pve_1 pve_2; do echo "$map of $(cat "$last")" >"$2_$map.nii.gz"; done"""
TOOLS = (
    Tool("fsl", "6.0.7.16", "20250131", {"bet": BET, "fast": FAST, "fslinfo": 'echo "info: $(cat "$1")"'}),
    Tool("afni", "26.0.07", "20260128", {"3dSkullStrip": ""}, retired=True),
)
VOLUME = {"mounted_volumes": [{"path": "/data", "pvc_name": "data"}]}


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    directory = tmp_path_factory.mktemp("catalogs")
    (directory / "data").mkdir()
    make_tree(directory / "cvmfs", TOOLS)
    with running_backend(directory, "--claim", f"data={directory / 'data'}") as started:
        install(started.jupyter)
        yield started


@pytest.fixture(scope="module")
def ids(backend: Backend) -> dict[str, str]:
    return backend.jupyter.component_ids()


def text(value: str) -> dict[str, Any]:
    return {"widget": "string", "value": value}


def number(value: float) -> dict[str, Any]:
    return {"widget": "number", "value": value}


def output(node: str, name: str) -> dict[str, Any]:
    return {"widget": "inputpath", "value": {"value": node_id(node), "option": f"output_{name}"}}


def test_a_notebook_tools_and_a_notebook_work_as_one_pipeline(
    backend: Backend, ids: dict[str, str], tmp_path: Path
) -> None:
    first = "from pathlib import Path; Path('/data/sub-01_T1w.nii.gz').write_text('head')"
    last = (
        "from pathlib import Path\n"
        "found = {p.name: p.read_text() for p in Path('/data/derivatives/sub-01').iterdir()}\n"
        "Path('found.txt').write_text(repr(sorted(found.items())))\n"
    )
    write_notebook(tmp_path / "acquire.ipynb", first)
    write_notebook(tmp_path / "report.ipynb", last)
    nodes = [
        notebook_node("acquire", "acquire.ipynb", **VOLUME),
        catalog_node(
            "take",
            ids["Files from a volume"],
            ["acquire"],
            path=text("/data/*_T1w.nii.gz"),
            **VOLUME,
        ),
        catalog_node(
            "strip",
            ids["FSL BET"],
            ["take"],
            image=output("take", "files"),
            fractional_intensity_threshold=number(0.4),
            robust_centre={"widget": "boolean", "value": True},
        ),
        catalog_node("segment", ids["FSL FAST"], ["strip"], brain=output("strip", "brain")),
        catalog_node(
            "save",
            ids["Files to a volume"],
            ["segment"],
            files=output("segment", "tissue_maps"),
            folder=text("/data/derivatives/sub-01"),
            if_a_file_is_there=text("replace"),
            **VOLUME,
        ),
        notebook_node("report", "report.ipynb", ["save"], outputs=["found.txt"], **VOLUME),
    ]
    file = write_pipeline(tmp_path / "chain.pipeline", nodes, name="chain")
    submission = backend.submit(file)
    run = backend.wait(submission["run_id"])
    assert run["state"] == "SUCCEEDED", backend.logs(submission["run_id"])
    maps = {f"sub-01_T1w_brain_pve_{tissue}.nii.gz": f"pve_{tissue} of brain\n" for tissue in range(3)}
    assert backend.outputs(submission)["report/found.txt"].decode() == repr(sorted(maps.items()))
    words = next(log for path, log in backend.logs(submission["run_id"]).items() if "strip" in path)
    assert "-f 0.4 -g 0 -m -R" in words
    assert "containers/fsl_6.0.7.16_20250131" in words


def test_a_command_of_the_users_own_takes_the_place_of_a_tool(
    backend: Backend, ids: dict[str, str], tmp_path: Path
) -> None:
    line = 'fslinfo "$INPUT1" | tr a-z A-Z >"$(basename "$INPUT1" .nii).txt"'
    (backend.path.parent / "data/head.nii").write_text("head")
    nodes = [
        catalog_node("take", ids["Files from a volume"], path=text("/data/head.nii"), **VOLUME),
        catalog_node(
            "inform",
            ids["Neurodesk command (one input)"],
            ["take"],
            input_1=output("take", "files"),
            modules=text("fsl/6.0.7"),
            command_line=text(line),
        ),
        catalog_node(
            "save",
            ids["Files to a volume"],
            ["inform"],
            files=output("inform", "results"),
            folder=text("/data/info"),
            **VOLUME,
        ),
    ]
    submission = backend.submit(write_pipeline(tmp_path / "own.pipeline", nodes, name="own"))
    assert backend.wait(submission["run_id"])["state"] == "SUCCEEDED", backend.logs(submission["run_id"])
    assert (backend.path.parent / "data/info/head.txt").read_text() == "INFO: HEAD\n"


def test_a_retired_tool_fails_its_node_and_says_so(
    backend: Backend, ids: dict[str, str], tmp_path: Path
) -> None:
    (backend.path.parent / "data/head.nii").write_text("head")
    nodes = [
        catalog_node("take", ids["Files from a volume"], path=text("/data/head.nii"), **VOLUME),
        catalog_node("strip", ids["AFNI 3dSkullStrip"], ["take"], image=output("take", "files")),
    ]
    submission = backend.submit(write_pipeline(tmp_path / "retired.pipeline", nodes, name="retired"))
    run = backend.wait(submission["run_id"])
    assert run["state"] == "FAILED"
    assert "container afni_26.0.07_20260128 is retired" in str(backend.run_json(submission["run_id"]))


def test_a_notebooks_declared_output_reaches_a_tool_and_its_result_the_object_store(
    backend: Backend, ids: dict[str, str], tmp_path: Path
) -> None:
    write_notebook(tmp_path / "acquire.ipynb", "open('T1.nii', 'w').write('head')")
    nodes = [
        notebook_node("acquire", "acquire.ipynb", outputs=["T1.nii"], neurodesk_strictness="warn"),
        catalog_node(
            "take",
            ids["Files from a notebook"],
            ["acquire"],
            names=text("acquire/T1.nii"),
        ),
        catalog_node("strip", ids["FSL BET"], ["take"], image=output("take", "files")),
        catalog_node(
            "save",
            ids["Files to the object store"],
            ["strip"],
            files=output("strip", "brain"),
            folder=text("brain"),
        ),
    ]
    submission = backend.submit(write_pipeline(tmp_path / "s.pipeline", nodes, name="through-the-store"))
    run_id = submission["run_id"]
    assert backend.wait(run_id)["state"] == "SUCCEEDED", backend.logs(run_id)
    assert backend.outputs(submission)["brain/T1_brain.nii.gz"] == b"brain"
