"""Tasks and what a submission's tasks share, for tests of patches."""

from __future__ import annotations

from typing import Any

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Container, Task
from elyra_neurodesk.settings import RuntimeConfiguration, SecretReference
from elyra_neurodesk.storage.location import StorageLocation

STORE = StorageLocation("http://store:9000", "bucket", "a/prefix")
SPEC = TaskSpec("p", "p", "t", "T", "a.ipynb", "0" * 64, STORE, modules=("fsl/6.0.7.16",))
NOTEBOOK = Task(
    "t",
    "T",
    spec=SPEC,
    env={"A": "1"},
    container=Container("img", ("sh",), ("http://x/b.pyz",)),
    file="a.ipynb",
)
CATALOG = Task("c", "C", component="name: c\nimplementation: {container: {image: tool, command: [sh]}}")


def settings(**more: Any) -> RuntimeConfiguration:
    """Return a runtime configuration."""
    base: dict[str, Any] = {
        "name": "nd",
        "display_name": "ND",
        "api_endpoint": "http://k",
        "public_api_endpoint": "http://k",
        "namespace": None,
        "object_store_endpoint": "http://s",
        "public_object_store_endpoint": "http://s",
        "bucket": "b",
        "secret": SecretReference("creds", "user", "pass"),
    }
    return RuntimeConfiguration(**{**base, **more})


def context(nodes: int = 1, **more: Any) -> SubmissionContext:
    """Return a context; fields of the runtime configuration and of the context may be given."""
    own = SubmissionContext.__dataclass_fields__.keys()
    base: dict[str, Any] = {
        "pipeline": "p",
        "source": "",
        "nodes": nodes,
        "settings": settings(**{name: value for name, value in more.items() if name not in own}),
        "delivery": "admission",
        "store": STORE,
        "bootstrapper": "0" * 64,
        "bootstrapper_url": "http://x/b.pyz",
    }
    return SubmissionContext(**{**base, **{name: value for name, value in more.items() if name in own}})
