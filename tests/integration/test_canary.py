"""Nothing in a pipeline file is executed, imported or evaluated when it is exported.

Each pipeline below tries to leave the place that its value belongs to and to make an empty file, the canary,
where the test looks for it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.support.forked_kfp import FORKED
from tests.support.jupyter import JupyterHome, neurodesk_metadata
from tests.support.objectstore import ObjectStore, running_nanio
from tests.support.pipelines import catalog_node, notebook_node, write_notebook, write_pipeline

Json = dict[str, Any]

HARMLESS = """
name: Harmless
inputs:
- {name: Text, type: String}
- {name: Ratio, type: Float, optional: true}
implementation:
  container: {image: "example.org/x:1", command: [echo], args: [{inputValue: Text}, {inputValue: Ratio}]}
"""
# the definition itself closes the string in which Elyra's template puts it
HOSTILE = '''
name: Hostile
description: 'x""" + str(open(''CANARY'', ''w'')) + """'
inputs:
- {name: Text, type: String}
implementation:
  container: {image: "example.org/x:1", command: [echo], args: [{inputValue: Text}]}
'''


@dataclass(frozen=True)
class Escape:
    """A way out that was tried.

    Attributes:
        name: the canary's file name.
        make: from a Python expression that makes the canary, and the component ids, to nodes and properties.
    """

    name: str
    make: Callable[[str, dict[str, str]], tuple[Json, Json]]


def notebook(**properties: Any) -> Json:
    return notebook_node("node", "a.ipynb", **properties)


def parameter(value: str, kind: str = "String", name: str = "p", description: str = "") -> Json:
    default = {"type": kind, "value": value}
    return {"pipeline_parameters": [{"name": name, "description": description, "default_value": default}]}


def labelled(label: str) -> Json:
    node = notebook()
    node["app_data"]["label"] = node["app_data"]["ui_data"]["label"] = label
    return node


def text(value: str) -> Json:
    return {"text": {"widget": "string", "value": value}}


ESCAPES = [
    Escape("env", lambda do, ids: (notebook(env_vars=[{"env_var": "A", "value": f'\\"); {do} #'}]), {})),
    Escape(
        "mount-path",
        lambda do, ids: (
            notebook(
                mounted_volumes=[
                    {"path": f'/data"); {do} #', "pvc_name": "claim", "sub_path": "", "read_only": False}
                ]
            ),
            {},
        ),
    ),
    Escape("description", lambda do, ids: (notebook(), {"description": f'\\" + str({do}))\n#'})),
    Escape("label", lambda do, ids: (labelled(f"x'\n    {do}\n    #"), {})),
    Escape(
        "parameter",
        lambda do, ids: (notebook(pipeline_parameters=["p"]), parameter(f'x", z=str({do}) or "')),
    ),
    Escape(
        "parameter-number",
        lambda do, ids: (notebook(pipeline_parameters=["p"]), parameter(f"str({do})", "Float")),
    ),
    Escape(
        "parameter-description",
        lambda do, ids: (notebook(pipeline_parameters=["p"]), parameter("x", description=f'"""; {do}; """')),
    ),
    Escape(
        "annotation",
        lambda do, ids: (
            notebook(kubernetes_pod_annotations=[{"key": "a", "value": f'\\"""); {do} #'}]),
            {},
        ),
    ),
    Escape("image", lambda do, ids: (notebook(runtime_image=f'x/y:1"); {do} #'), {})),
    Escape("output", lambda do, ids: (notebook(outputs=[f'x"); {do} #', "$(touch CANARY)"]), {})),
    Escape(
        "catalog-text",
        lambda do, ids: (catalog_node("c", ids["Harmless"], **text(f'"""; {do}; """')), {}),
    ),
    Escape(
        "catalog-number",
        lambda do, ids: (
            catalog_node(
                "c", ids["Harmless"], **text("x"), ratio={"widget": "number", "value": f"str({do})"}
            ),
            {},
        ),
    ),
    Escape("component", lambda do, ids: (catalog_node("c", ids["Hostile"], **text("x")), {})),
]

OURS = """
import json, sys
from pathlib import Path
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.elyra_adapter.runtime_configurations import chosen_runtime_configuration
from elyra_neurodesk.cli.pipelines import export_pipeline
from elyra_neurodesk.elyra_adapter.pipeline_file import read_for_submission
settings = chosen_runtime_configuration("ours")
results = {}
for path in map(Path, sys.argv[1:]):
    for kind in ("yaml", "py"):
        try:
            pipeline = read_for_submission(path, settings, {})
            export_pipeline(pipeline, path.parent, settings, kind, path.with_suffix("." + kind))
            results[f"{path.stem}.{kind}"] = ""
        except NeurodeskError as problem:
            results[f"{path.stem}.{kind}"] = str(problem)
print(json.dumps(results))
"""

STOCK = """
import json, sys
from pathlib import Path
from elyra.pipeline.component_catalog import ComponentCache
from elyra.pipeline.kfp.kfp_processor import KfpPipelineProcessor
from elyra.pipeline.parser import PipelineParser
cache = ComponentCache.instance(emulate_server_app=True)
cache.load()
cache.wait_for_all_cache_tasks()
for path in map(Path, sys.argv[1:]):
    definition = json.loads(path.read_text())
    definition["pipelines"][0]["app_data"] |= {"name": path.stem, "runtime": "kfp", "runtime_config": "stock"}
    try:
        root = str(path.parent)
        processor = KfpPipelineProcessor(root_dir=root)
        pipeline = PipelineParser(root_dir=root).parse(definition)
        processor.export(pipeline, "yaml", str(path.with_suffix(".stock.yaml")), True)
    except Exception as problem:
        print(path.stem, repr(problem)[:300])
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with running_nanio(tmp_path_factory.mktemp("store")) as running:
        yield running


@dataclass(frozen=True)
class Cage:
    """Where pipelines are exported and canaries would appear."""

    jupyter: JupyterHome
    folder: Path
    canaries: Path

    def write(self) -> list[str]:
        """Write one pipeline file for each escape and return their paths."""
        ids = self.jupyter.component_ids()
        write_notebook(self.folder / "a.ipynb", "1")
        paths = []
        for escape in ESCAPES:
            do = f"open('{self.canaries / escape.name}', 'w')"
            node, properties = escape.make(do, ids)
            paths.append(str(write_pipeline(self.folder / f"{escape.name}.pipeline", [node], **properties)))
        return paths

    def touched(self) -> set[str]:
        """Return the names of the canaries that somebody made."""
        return {path.name for path in self.canaries.iterdir()} | {p.name for p in self.folder.glob("CANARY*")}


@pytest.fixture
def cage(tmp_path: Path, store: ObjectStore) -> Cage:
    jupyter = JupyterHome(tmp_path / "home")
    # so that the backend's package is found in a process that runs elsewhere
    jupyter.env["PYTHONPATH"] = str(Path(__file__).parents[2])
    metadata = neurodesk_metadata(
        store.endpoint, store.access_key, store.secret_key, cos_bucket=store.bucket, sidecar="off"
    )
    jupyter.runtime_config("ours", **metadata)
    jupyter.runtime_config("stock", "kfp", **metadata)
    folder, canaries, components = tmp_path / "work", tmp_path / "canaries", tmp_path / "components"
    for directory in (folder, canaries, components):
        directory.mkdir()
    (components / "harmless.yaml").write_text(HARMLESS, "utf-8")
    hostile = HOSTILE.replace("CANARY", str(canaries / "component"))
    (components / "hostile.yaml").write_text(hostile, "utf-8")
    jupyter.catalog("components", components)
    return Cage(jupyter, folder, canaries)


def test_no_known_escape_runs_code_when_a_pipeline_is_exported(cage: Cage) -> None:
    paths = cage.write()
    done = cage.jupyter.run(sys.executable, "-c", OURS, *paths, cwd=cage.folder)
    results: dict[str, str] = json.loads(done.stdout.strip().splitlines()[-1])
    assert cage.touched() == set()
    assert len(results) == 2 * len(ESCAPES)
    for name, problem in results.items():
        path = cage.folder / name
        assert path.exists() == (not problem), (name, problem)
        assert not problem or (problem.startswith("ND-") and "\n" not in problem), problem
    # most values are ordinary text to us; only what Kubernetes refuses, or is no number, is refused
    exported = {name for name, problem in results.items() if not problem}
    assert {"env.py", "description.py", "label.py", "parameter.py", "catalog-text.py"} <= exported
    # nor when its owner runs the exported module
    for name in sorted(name for name in exported if name.endswith(".py")):
        done = FORKED.run([sys.executable, name], env=cage.jupyter.env, cwd=cage.folder)
        assert done.returncode == 0, done.stderr
    assert cage.touched() == set()


@pytest.mark.skipif(version("elyra") != "4.1.1", reason="what is said here is said of Elyra 4.1.1")
def test_the_same_pipelines_run_code_in_elyra_4_1_1(
    cage: Cage, record_property: Callable[[str, object], None]
) -> None:
    """Evidence that the canary sings; says nothing about how Elyra should be."""
    done = cage.jupyter.run(sys.executable, "-c", STOCK, *cage.write(), cwd=cage.folder)
    touched = cage.touched()
    record_property("canaries that Elyra 4.1.1 let out", sorted(touched))
    print("Elyra 4.1.1 executed:", sorted(touched), done.stdout[-3000:], sep="\n")
    assert {"env", "mount-path"} & touched
