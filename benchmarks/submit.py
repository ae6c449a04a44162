"""Object-store requests and seconds to submit a pipeline: ours and stock Elyra's, in the same run.

Both submit through their own processor to the same KFP API (a small one on loopback) and, through a counting
proxy, to the same object store (nanio). Each submission is a process of its own; its seconds are those of the
processor, without the start of Python.

    python benchmarks/submit.py [--nodes 100] [--files 10000] [--no-stock]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.integration.submit.kfp_api import KfpApi, running_kfp_api
from tests.integration.submit.store_proxy import StoreProxy, store_proxy
from tests.support.jupyter import JupyterHome, neurodesk_metadata
from tests.support.objectstore import running_nanio
from tests.support.pipelines import notebook_node, pipeline, write_notebook

STOCK, OURS = "kfp", "neurodesk"
NAMES = {STOCK: "stock Elyra", OURS: "ours"}


@dataclass
class Place:
    """A Jupyter home with a runtime configuration of each schema, and the servers that they name."""

    home: JupyterHome
    api: KfpApi
    store: StoreProxy
    temporary: Path

    def submit(self, schema: str, folder: Path) -> dict[str, Any]:
        """Submit ``folder``'s pipeline in a fresh process and return the figures."""
        self.store.asked.clear()
        self.api.calls.clear()
        arguments = [str(Path(__file__).resolve()), "--child", schema, str(folder)]
        done = self.home.run(sys.executable, *arguments, cwd=folder, timeout=3600)
        return {
            "seconds": float(done.stdout.strip().splitlines()[-1]),
            "requests": len(self.store.asked),
            "puts": self.store.count("PUT"),
            "calls": self.api.calls.total(),
            "left": sum(path.is_file() for path in self.temporary.rglob("*")),
        }


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Start the servers and write the configurations."""
    with (
        running_nanio(folder) as store,
        store_proxy(store.endpoint) as proxy,
        running_kfp_api() as api,
    ):
        home = JupyterHome(folder / "home")
        temporary = folder / "tmp"
        temporary.mkdir()
        home.env |= {"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
        keys = (store.access_key, store.secret_key)
        metadata = neurodesk_metadata(proxy.url, *keys, cos_bucket=store.bucket, api_endpoint=api.url)
        home.runtime_config(OURS, **metadata)
        home.runtime_config(STOCK, STOCK, **metadata)
        (home.home / ".local/share/jupyter/runtime").mkdir(parents=True, exist_ok=True)
        yield Place(home, api, proxy, temporary)


def same_notebook(folder: Path, nodes: int) -> Path:
    """Write a chain of nodes of one notebook."""
    write_notebook(folder / "one.ipynb", "1")
    made = [
        notebook_node(f"node {number}", "one.ipynb", [f"node {number - 1}"] if number else [])
        for number in range(nodes)
    ]
    return _written(folder, made)


def beside_files(folder: Path, nodes: int, files: int) -> Path:
    """Write nodes of a notebook and a dependency each, in a directory with many other files."""
    data = folder / "data"
    data.mkdir(parents=True)
    for number in range(files):
        (data / f"scan-{number:05}.json").write_text("{}", "utf-8")
    (folder / "helper.py").write_text("", "utf-8")
    for number in range(nodes):
        write_notebook(folder / f"n{number}.ipynb", str(number))
    made = [
        notebook_node(
            f"node {number}", f"n{number}.ipynb", dependencies=["helper.py"], include_subdirectories=True
        )
        for number in range(nodes)
    ]
    return _written(folder, made)


def _written(folder: Path, nodes: list[dict[str, Any]]) -> Path:
    (folder / "definition.json").write_text(json.dumps(pipeline(nodes)), "utf-8")
    return folder


def measure(schema: str, folder: Path) -> float:
    """Submit in this process and return the processor's seconds."""
    from elyra.pipeline.parser import PipelineParser
    from elyra.pipeline.processor import PipelineProcessorManager

    definition = json.loads((folder / "definition.json").read_text("utf-8"))
    definition["pipelines"][0]["app_data"] |= {
        "name": folder.name,
        "source": f"{folder.name}.pipeline",
        "runtime": schema,
        "runtime_config": schema,
    }
    processor = PipelineProcessorManager.instance(root_dir=str(folder)).get_processor_for_runtime(schema)
    parsed = PipelineParser(root_dir=str(folder)).parse(definition)
    started = time.perf_counter()
    processor.process(parsed)
    return time.perf_counter() - started


def show(what: str, schema: str, figures: dict[str, Any]) -> None:
    """Print one row."""
    print(
        f"{what:38} {NAMES[schema]:12} {figures['requests']:8} {figures['puts']:7} {figures['calls']:9} "
        f"{figures['seconds']:8.2f} {figures['left']:10}",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--no-stock", action="store_true", help="measure ours alone, within seconds")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(measure(given.child[0], Path(given.child[1])))
        return
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    print(
        f"{'':38} {'':12} {'requests':>8} {'uploads':>7} {'KFP calls':>9} {'seconds':>8} {'files left':>10}"
    )
    with TemporaryDirectory(prefix="submit-") as name, place(Path(name)) as here:
        folder = same_notebook(Path(name, "work", "chain"), given.nodes)
        what = f"{given.nodes} nodes of one notebook"
        show(what, OURS, here.submit(OURS, folder))
        show("  the same again", OURS, here.submit(OURS, folder))
        crowded = beside_files(Path(name, "work", "crowded"), 50, given.files)
        beside = f"50 nodes beside {given.files} files"
        show(beside, OURS, here.submit(OURS, crowded))
        show("  the same again", OURS, here.submit(OURS, crowded))
        if not given.no_stock:
            show(what, STOCK, here.submit(STOCK, folder))
            show("  the same again", STOCK, here.submit(STOCK, folder))
            show(beside, STOCK, here.submit(STOCK, crowded))


if __name__ == "__main__":
    main()
