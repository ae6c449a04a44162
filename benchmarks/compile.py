"""Seconds, bytes and memory to compile a pipeline: ours and stock Elyra's, on the same pipelines.

Every figure comes from a process of its own: Elyra's processors share state, and kfp gets slower with every
loaded module. Uploads are left out of both; `benchmarks/submit.py` measures those.

    python benchmarks/compile.py [--nodes 1 10 100] [--shapes chain fan mixed] [--stock-limit 100]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.jupyter import JupyterHome, neurodesk_metadata
from tests.support.pipelines import catalog_node, notebook_node, pipeline, write_notebook

COMPONENT = """
name: Count
inputs:
- {name: Table, type: String}
outputs:
- {name: Rows, type: String}
implementation:
  container:
    image: example.org/count:1
    command: [count, {inputValue: Table}, {outputPath: Rows}]
"""


def chain(count: int, component: str) -> list[dict[str, Any]]:
    """Return notebooks that wait for one another."""
    return [_notebook(number, [f"node {number - 1}"] if number else []) for number in range(count)]


def fan(count: int, component: str) -> list[dict[str, Any]]:
    """Return notebooks that all wait for the first."""
    return [_notebook(number, ["node 0"] if number else []) for number in range(count)]


def mixed(count: int, component: str) -> list[dict[str, Any]]:
    """Return a chain in which every third node is a catalog component."""
    nodes = []
    for number in range(count):
        parents = [f"node {number - 1}"] if number else []
        if number % 3 == 2:
            table = {"widget": "string", "value": f"table {number}"}
            nodes.append(catalog_node(f"node {number}", component, parents, table=table))
        else:
            nodes.append(_notebook(number, parents))
    return nodes


SHAPES: dict[str, Callable[[int, str], list[dict[str, Any]]]] = {"chain": chain, "fan": fan, "mixed": mixed}


def _notebook(number: int, parents: list[str]) -> dict[str, Any]:
    return notebook_node(
        f"node {number}",
        "notebook.ipynb",
        parents,
        outputs=[f"out-{number}.nii.gz"],
        env_vars=[{"env_var": "SUBJECT", "value": f"sub-{number:04}"}],
        cpu=1,
        memory=2,
    )


def measure(schema: str, shape: str, count: int, folder: Path, many_modules: bool) -> dict[str, Any]:
    """Compile one pipeline in this process and return the figures."""
    from elyra.pipeline.component_catalog import ComponentCache
    from elyra.pipeline.parser import PipelineParser
    from elyra.pipeline.processor import PipelineProcessorManager
    from elyra.pipeline.runtime_type import RuntimeProcessorType

    if many_modules:  # what a JupyterLab server has loaded
        import jupyter_server.serverapp
        import jupyterlab.labapp
        import langchain_community
    component = ""
    if shape == "mixed":
        cache = ComponentCache.instance(emulate_server_app=True)
        cache.load()
        cache.wait_for_all_cache_tasks()
        (component,) = (  # an installation brings components of its own
            found.id
            for found in cache.get_all_components(RuntimeProcessorType.KUBEFLOW_PIPELINES)
            if found.name == "Count"
        )
    definition = pipeline(SHAPES[shape](count, component))
    definition["pipelines"][0]["app_data"] |= {"name": "many", "runtime": schema, "runtime_config": schema}
    processor = PipelineProcessorManager.instance(root_dir=str(folder)).get_processor_for_runtime(schema)
    processor._verify_cos_connectivity = lambda *_: None
    processor._upload_dependencies_to_object_store = lambda *_, **__: None
    if schema == "neurodesk":
        from elyra_neurodesk.submission import PreparedPipeline

        PreparedPipeline.upload = lambda *_: 0  # type: ignore[method-assign]
    parsed = PipelineParser(root_dir=str(folder)).parse(definition)
    output = folder / f"{schema}.yaml"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    processor.export(parsed, "yaml", str(output), True)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "bytes": output.stat().st_size, "grown_mib": (peak - before) / 1024}


def in_process(home: JupyterHome, schema: str, shape: str, count: int, more: list[str]) -> dict[str, Any]:
    """Measure in a fresh process."""
    script = [sys.executable, str(Path(__file__).resolve()), "--child", schema, shape, str(count), *more]
    done = home.run(*script, cwd=home.home / "work", timeout=3600)
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def set_up(folder: Path) -> JupyterHome:
    """Return a Jupyter home with a configuration of each schema, a catalog and a notebook."""
    home = JupyterHome(folder / "home")
    metadata = neurodesk_metadata("http://127.0.0.1:9", "somebody", "password")
    home.runtime_config("neurodesk", **metadata)
    home.runtime_config("kfp", "kfp", **metadata)
    components = home.home / "components"
    components.mkdir()
    (components / "count.yaml").write_text(COMPONENT, "utf-8")
    home.catalog("count", components)
    (home.home / ".local/share/jupyter/runtime").mkdir(parents=True, exist_ok=True)
    write_notebook(home.home / "work" / "notebook.ipynb", "1")
    return home


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 10, 100, 200, 1000])
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=SHAPES)
    parser.add_argument("--stock-limit", type=int, default=100, help="largest pipeline given to stock Elyra")
    parser.add_argument(
        "--many-modules", action="store_true", help="load what a JupyterLab server loads first"
    )
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        schema, shape, count = given.child
        print(json.dumps(measure(schema, shape, int(count), Path.cwd(), given.many_modules)))
        return
    more = ["--many-modules"] if given.many_modules else []
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    print(f"{'shape':6} {'nodes':>5} {'stock s':>9} {'ours s':>8} {'ratio':>7} {'B/node':>8} {'MiB':>6}")
    with TemporaryDirectory(prefix="compile-") as name:
        home = set_up(Path(name))
        for shape in given.shapes:
            for count in given.nodes:
                ours = in_process(home, "neurodesk", shape, count, more)
                line = f"{ours['seconds']:8.2f} {{}} {ours['bytes'] / count:8.0f} {ours['grown_mib']:6.0f}"
                if count <= given.stock_limit:
                    stock = in_process(home, "kfp", shape, count, more)["seconds"]
                    print(
                        f"{shape:6} {count:5} {stock:9.2f} " + line.format(f"{stock / ours['seconds']:7.1f}")
                    )
                else:
                    print(f"{shape:6} {count:5} {'-':>9} " + line.format(f"{'-':>7}"))


if __name__ == "__main__":
    main()
