"""A Jupyter home with the catalog and the runtime images that an installation brings."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.support.jupyter import JupyterHome

ROOT = Path(__file__).parents[3]
# asks what JupyterLab's front end asks: the palette and one node's properties
PALETTE = """
import json, logging, sys
logging.disable(logging.WARNING)
from elyra.pipeline.component_catalog import ComponentCache
from elyra.pipeline.runtime_type import RuntimeProcessorType as T
cache = ComponentCache.instance(emulate_server_app=True)
cache.load()
cache.wait_for_all_cache_tasks()
found = cache.get_all_components(T.KUBEFLOW_PIPELINES)
json.dump({
    "palette": cache.to_canvas_palette(found),
    "properties": {component.id: cache.to_canvas_properties(component) for component in found},
    "definitions": {component.id: component.definition for component in found},
}, sys.stdout)
"""


def install(home: JupyterHome, **changes: Any) -> None:
    """Put the metadata instances of this repository where Elyra looks; change the catalog's if asked to."""
    for folder in ("component-catalogs", "runtime-images"):
        target = home.home / ".local/share/jupyter/metadata" / folder
        target.mkdir(parents=True, exist_ok=True)
        for path in (ROOT / folder).glob("*.json"):
            shutil.copy(path, target)
    if changes:
        path = home.home / ".local/share/jupyter/metadata/component-catalogs/neurodesk_tools.json"
        content = json.loads(path.read_text("utf-8"))
        content["metadata"] |= changes
        path.write_text(json.dumps(content), "utf-8")
    (home.home / ".local/share/jupyter/runtime").mkdir(parents=True, exist_ok=True)


def palette(home: JupyterHome) -> dict[str, Any]:
    """Return the palette, the properties and the definitions as Elyra has them."""
    out = home.run(sys.executable, "-c", PALETTE, fork=True).stdout
    found: dict[str, Any] = json.loads(out[out.index('{"palette"') :])
    return found
