"""How long the check of notebooks takes.

Writes 200 different notebooks of the kind that people have (30 cells: imports, modules, shell commands, shell
scripts, plots, text), and checks them in a new process, with the module index read from its cache. Prints the
seconds from the first notebook to the report, the libraries' import included.

    python benchmarks/check.py [--notebooks 200] [--cells 30]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

CELLS = (
    "import os\nimport numpy as np\nimport nibabel as nib\nimport pylab as plt\n\nsub = 'sub-{n}'\n",
    "import module\nawait module.load('fsl/6.0.4', 'ants/2.5.4')\nawait module.list()\n",
    "!mkdir -p ./output/{n}\n!ls -l\n! bet in/{n}.nii.gz output/{n}_brain -m -f 0.{n} -R | tee log.txt\n",
    "%%bash\nset -e\nfor run in 1 2 3; do\n  flirt -in output/{n}_brain -omat run-$run.mat\ndone\n",
    "out = !fslmaths output/{n}_brain.nii.gz -thr 0.5 -bin \\\n    output/{n}_mask.nii.gz\nprint(out)\n",
    "def volume(path):\n    '''Return the volume.'''\n    image = nib.load(path)\n"
    "    data = image.get_fdata()\n"
    "    return float((data > 0).sum() * np.prod(image.header.get_zooms()))\n\nvolume(f'{sub}.nii.gz')\n",
    "fig, axes = plt.subplots(1, 3, figsize=(12, 4))\nfor axis, index in zip(axes, (40, 50, 60)):\n"
    "    axis.imshow(np.random.rand(10, 10), cmap='gray')\n    axis.set_title(f'slice {index}')\n"
    "fig.savefig('{n}.png')\n",
    "import subprocess\nsubprocess.run(['N4BiasFieldCorrection', '-i', '{n}.nii', '-o', 'n4.nii'])\n",
)
"""``{n}`` becomes the notebook's number."""


def write(folder: Path, notebooks: int, cells: int) -> None:
    """Write the notebooks."""
    for number in range(notebooks):
        code = [CELLS[at % len(CELLS)].replace("{n}", str(number)) for at in range(cells * 2 // 3)]
        content = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": text} for text in code]
        for at in range(cells - len(code)):
            content.insert(at * 3, {"cell_type": "markdown", "metadata": {}, "source": f"## Step {at}"})
        notebook = {"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"{number:03}.ipynb").write_text(json.dumps(notebook), "utf-8")


def measure(folder: Path) -> None:
    """Check all notebooks of a folder and print the seconds; run in a process of its own."""
    started, used = time.perf_counter(), time.process_time()
    from elyra_neurodesk.check.check import check_sources
    from elyra_neurodesk.check.nodes import CheckInput
    from elyra_neurodesk.graph.pipeline import NotebookNode
    from elyra_neurodesk.modules.sources import current_index

    imported = time.perf_counter()
    paths = sorted(folder.glob("*.ipynb"))
    nodes = [
        CheckInput(NotebookNode(path.stem, path.stem, path.name), path, {path.name: path}) for path in paths
    ]
    report = check_sources(nodes, current_index())
    ended = time.perf_counter()
    cpu = time.process_time() - used
    print(json.dumps([ended - started, cpu, ended - imported, len(report.uses), len(report.findings)]))


def main() -> None:
    """Write, check three times, print."""
    from tests.support.neurodesk_tree import Tool, make_tree

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebooks", type=int, default=200)
    parser.add_argument("--cells", type=int, default=30)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder:
        measure(given.folder)
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        commands = {"bet": "", "flirt": "", "fslmaths": ""}
        tools = [
            Tool("fsl", "6.0.4", "20210105", commands),
            Tool("ants", "2.5.4", "20250301", {"N4BiasFieldCorrection": ""}),
        ]
        tools += [Tool(f"tool{number}", "1.0", "20240101", {f"command{number}": ""}) for number in range(380)]
        root = make_tree(folder / "cvmfs", tools)
        (folder / "notebooks").mkdir()
        write(folder / "notebooks", given.notebooks, given.cells)
        environment = {
            **os.environ,
            "NEURODESK_CVMFS_ROOT": str(root),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        for run in range(4):
            command = [sys.executable, __file__, "--folder", str(folder / "notebooks")]
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            seconds, cpu, checked, uses, findings = json.loads(done.stdout)
            if run:  # the first one fills the index's cache
                print(
                    f"{given.notebooks} notebooks of {given.cells} cells: {seconds:.2f} s, {cpu:.2f} s of it "
                    f"on a core; {checked:.2f} s after imports ({uses} modules, {findings} findings)"
                )


if __name__ == "__main__":
    main()
