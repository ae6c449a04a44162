"""Lays out a small directory tree in the shape of Neurodesk's CVMFS repository.

Neurodesk publishes each tool as ``containers/<tool>_<version>_<build date>/`` (one wrapper per command beside
the container image) and as module files in ``containers/modules/`` and ``neurodesk-modules/<category>/``.
Here the tool is dcm2niix, and its wrapper runs the binary of the PyPI package ``dcm2niix``: no CVMFS client,
container runtime or network is needed to see how a pipeline uses the repository.

    python cvmfs_tree.py DIRECTORY
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

TOOL = "dcm2niix"
VERSION = "v1.0.20240202"
BUILD_DATE = "20260512"
CATEGORY = "data_organisation"
REPOSITORY = "/cvmfs/neurodesk.ardc.edu.au"
CONTAINER = f"{TOOL}_{VERSION}_{BUILD_DATE}"

WRAPPER = """\
#!/bin/sh
# {tool} of the sample tree: Neurodesk's wrapper would start the command in its container
exec {binary} "$@"
"""

MODULE = """\
-- Sample module file of the elyra-neurodesk demo
help([[
{tool} {version} converts DICOM files to NIfTI images with JSON sidecars.
Load it with: module load {tool}/{version}
]])
whatis("Name: {tool}")
whatis("Version: {version}")
whatis("Category: {category}")
whatis("Description: DICOM to NIfTI converter (sample tree)")
conflict("{tool}")
prepend_path("PATH", "{repository}/containers/{container}")
"""

README = """\
# Sample tree, not the Neurodesk repository

The demo of elyra-neurodesk made this directory in the shape of `{repository}`, with one tool.
The names (module `{tool}/{version}`, container `{container}`) are those of the
real repository; the program is not: the wrapper runs version {actual} of the PyPI package {tool},
`{binary}`.
Nothing here was copied from Neurodesk.
"""

CONTAINER_README = """\
# {tool} {version} (sample)

Command: `{tool}`, version {actual} of the PyPI package. See README.md at the top of this tree.
"""


def lay_out(root: Path) -> Path:
    """Write the tree below ``root`` and return ``root``, absolute.

    A tree that is already there is written again, so that it follows the installed dcm2niix.

    Args:
        root: directory to fill, made if missing; it stands for ``/cvmfs/neurodesk.ardc.edu.au``.

    Raises:
        ModuleNotFoundError: the PyPI package ``dcm2niix`` is not installed.
    """
    import dcm2niix  # not at the top: --help and the constants above work without it

    root = root.resolve()
    facts = {
        "tool": TOOL,
        "version": VERSION,
        "category": CATEGORY.replace("_", " "),
        "repository": REPOSITORY,
        "container": CONTAINER,
        "binary": shlex.quote(dcm2niix.bin),
        "actual": dcm2niix.__version__,
    }
    files = {
        "README.md": README,
        f"containers/{CONTAINER}/{TOOL}": WRAPPER,
        f"containers/{CONTAINER}/README.md": CONTAINER_README,
        f"containers/{CONTAINER}/commands.txt": "{tool}\n",
        f"containers/{CONTAINER}/env.txt": "",
        f"containers/modules/{TOOL}/{VERSION}.lua": MODULE,
        f"neurodesk-modules/{CATEGORY}/{TOOL}/{VERSION}.lua": MODULE,
    }
    for name, template in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.format_map(facts), encoding="utf-8")
    (root / "containers" / CONTAINER / TOOL).chmod(0o755)
    return root


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    print(lay_out(Path(sys.argv[1])))
