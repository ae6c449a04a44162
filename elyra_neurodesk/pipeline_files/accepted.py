"""Whether Elyra's validation would find nothing wrong with a pipeline that `reader` has read.

The rules of elyra/pipeline/validation.py that need the pipeline as a whole, its files, or catalogs. A
submission that does not pass is validated by Elyra, which then says what is wrong; what Elyra refuses and can
be run all the same, see `elyra_adapter.validation_workaround`, passes here.
"""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

from elyra_neurodesk.graph.pipeline import NotebookNode, Pipeline
from elyra_neurodesk.pipeline_files.needs_elyra import require

_IMAGE = re.compile(r"[^/ ]+/[^/ ]+$")


def require_accepted(pipeline: Pipeline, root: Path) -> None:
    """Leave a pipeline to Elyra's validation unless that would accept it.

    Args:
        pipeline: what `reader.read_pipeline` returned.
        root: directory that the nodes' files are relative to.

    Raises:
        NeedsElyra: it would not, or might not: nodes of component catalogs are for Elyra.
    """
    declared = {one.name: one for one in pipeline.parameters}
    for node in pipeline.nodes:
        require(isinstance(node, NotebookNode), "a node of a component catalog")
        if isinstance(node, NotebookNode):
            require(declared.keys() >= set(node.parameters), "an undeclared parameter")
            given = [declared[name] for name in node.parameters]
            require(not any(one.required and one.value in (None, "") for one in given), "no value")
            require(bool(_IMAGE.search(node.image)), f"image {node.image}")
            _require_files(node, root)


def _require_files(node: NotebookNode, root: Path) -> None:
    file = Path(os.path.normpath(root / node.file))
    require("*" not in str(file) and file.is_relative_to(root) and file.is_file(), f"file {file}")
    for name in node.dependencies:
        path = file.parent / name
        if not glob.has_magic(name) and path.is_dir():
            continue  # hidden from Elyra's validation; `graph.dependencies` says what is wrong with it
        path = Path(os.path.normpath(path))
        # not Path.glob: that matches otherwise than what Elyra uses
        found = glob.glob(str(path)) if "*" in str(path) else path.is_file()  # noqa: PTH207
        require(bool(found) and path.is_relative_to(root), f"dependency {path}")
