"""The demo in examples/: its parts, and `make demo`'s driver from start to end."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("dcm2niix")
pytest.importorskip("nilearn")
np = pytest.importorskip("numpy")

DEMO = Path(__file__).parents[2] / "examples" / "demo"
PIPELINE = DEMO / "neuroimaging.pipeline"
NOTEBOOKS = sorted(DEMO.glob("*.ipynb"))


def load(name: str) -> ModuleType:
    """Import a script of the demo, which is no package."""
    spec = importlib.util.spec_from_file_location(f"demo_{name}", DEMO / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def nodes() -> list[dict]:
    """Return the pipeline's nodes as the editor keeps them."""
    return json.loads(PIPELINE.read_text())["pipelines"][0]["nodes"]


def test_tree_has_neurodesks_shape_and_its_wrapper_runs_the_real_converter(tmp_path: Path) -> None:
    tree = load("cvmfs_tree")
    root = tree.lay_out(tmp_path / "a tree with spaces")

    assert sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) == [
        "README.md",
        f"containers/{tree.CONTAINER}/README.md",
        f"containers/{tree.CONTAINER}/commands.txt",
        f"containers/{tree.CONTAINER}/dcm2niix",
        f"containers/{tree.CONTAINER}/env.txt",
        f"containers/modules/dcm2niix/{tree.VERSION}.lua",
        f"neurodesk-modules/{tree.CATEGORY}/dcm2niix/{tree.VERSION}.lua",
    ]
    module = (root / f"containers/modules/dcm2niix/{tree.VERSION}.lua").read_text()
    assert f'prepend_path("PATH", "/cvmfs/neurodesk.ardc.edu.au/containers/{tree.CONTAINER}")' in module
    wrapper = root / "containers" / tree.CONTAINER / "dcm2niix"
    said = subprocess.run([wrapper, "--version"], capture_output=True, text=True).stdout
    assert "dcm2niiX version" in said


def test_laying_the_tree_out_twice_changes_nothing(tmp_path: Path) -> None:
    tree = load("cvmfs_tree")

    def content() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    tree.lay_out(tmp_path)
    first = content()
    tree.lay_out(tmp_path)
    assert content() == first


def test_elyra_finds_nothing_wrong_with_the_pipeline() -> None:
    from elyra.pipeline.pipeline_definition import PipelineDefinition

    assert PipelineDefinition(str(PIPELINE)).validate() == []


def test_pipeline_fans_out_and_joins_and_every_file_it_names_exists() -> None:
    names = {node["id"]: node["app_data"]["label"] for node in nodes()}
    parents = {
        names[node["id"]]: sorted(names[link["node_id_ref"]] for link in node["inputs"][0].get("links", []))
        for node in nodes()
    }
    assert parents == {
        "convert-dicom": [],
        "denoise-slice": ["convert-dicom"],
        "tissue-volumes": ["convert-dicom"],
        "report": ["denoise-slice", "tissue-volumes"],
    }
    assert all((DEMO / node["app_data"]["component_parameters"]["filename"]).is_file() for node in nodes())


def test_the_module_that_a_node_declares_is_in_the_tree() -> None:
    tree = load("cvmfs_tree")
    declared = [
        entry["module"]
        for node in nodes()
        for entry in node["app_data"]["component_parameters"].get("neurodesk_modules", ())
    ]
    assert declared == [f"{tree.TOOL}/{tree.VERSION}"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_keep_no_outputs_and_no_absolute_paths(notebook: Path) -> None:
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells)
    text = "".join("".join(cell["source"]) for cell in cells)
    assert not any(start in text for start in ('"/home', '"/work', '"/tmp', '"/cvmfs'))


def test_otsu_puts_its_thresholds_between_three_clusters() -> None:
    random = np.random.default_rng(1)
    values = np.concatenate([random.normal(centre, 0.03, 5000) for centre in (0.2, 0.5, 0.8)])
    low, high = load("brain_stats").otsu_thresholds(values)
    assert 0.29 < low < 0.41
    assert 0.59 < high < 0.71


def test_otsu_thresholds_are_the_best_of_all_pairs() -> None:
    values = np.random.default_rng(2).gamma(2.0, 1.0, 400)
    bins = 12
    counts, edges = np.histogram(values, bins=bins)
    centres = (edges[:-1] + edges[1:]) / 2

    def within(first: int, second: int) -> float:
        """Sum of squared distances from each class's mean; the least is the best."""
        total = 0.0
        for part in (slice(0, first), slice(first, second), slice(second, bins)):
            if counts[part].sum():
                mean = np.average(centres[part], weights=counts[part])
                total += float((counts[part] * (centres[part] - mean) ** 2).sum())
        return total

    best = min((within(i, j), i, j) for i in range(bins) for j in range(i + 1, bins))
    found = load("brain_stats").otsu_thresholds(values, bins)
    at = [int(np.argmin(abs(edges - threshold))) for threshold in found]
    assert within(*at) == pytest.approx(best[0])


@pytest.mark.e2e
@pytest.mark.slow  # `make demo` is the same
def test_demo_goes_from_the_pipeline_file_to_a_report(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    results = tmp_path / "results"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER_", "XDG_", "ELYRA"))
    }
    done = subprocess.run(
        [sys.executable, DEMO / "run.py", "--results", results],
        env={**kept, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for task in ("convert-dicom", "denoise-slice", "tissue-volumes", "report"):
        assert any(line.split()[:2] == [task, "SUCCEEDED"] for line in done.stdout.splitlines()), done.stdout
    assert "/cvmfs/neurodesk.ardc.edu.au/neurodesk-modules" in done.stdout

    (page,) = results.glob("run-*/**/report.html")
    assert f"Report              {page}" in done.stdout
    assert "data:image/png;base64," in page.read_text()
    (figure,) = results.glob("run-*/**/figure.png")
    assert figure.read_bytes().startswith(b"\x89PNG")
    (record,) = (json.loads(path.read_text()) for path in results.glob("run-*/convert*/task-record.json"))
    assert [module["module"] for module in record["modules"]] == ["dcm2niix/v1.0.20240202"]

    # the registration of the user's own backend is left alone
    assert not list(home.glob("**/neurodesk_this_machine.json"))


@pytest.mark.e2e
def test_demo_that_cannot_make_its_results_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [sys.executable, DEMO / "run.py", "--results", tmp_path / "file"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The demo failed: ")
    assert done.stderr.count("\n") == 1
