"""From a pipeline's JSON to its checked graph, and back from the IR to what a task will see.

No network and no server: Elyra's own parser, our builder, real archives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from elyra.pipeline.parser import PipelineParser

from elyra_neurodesk.backend.pod.expansion import expand_all
from elyra_neurodesk.backend.pod.placeholders import format_value, resolve_arguments, resolve_constants
from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.bootstrapper.specs import read_task
from elyra_neurodesk.compile.ir import compile_graph
from elyra_neurodesk.compile.package import package_text
from elyra_neurodesk.elyra_adapter.operations import read_pipeline
from elyra_neurodesk.graph.archives import ArchiveBuilder
from elyra_neurodesk.graph.model import TaskGraph
from elyra_neurodesk.patches import specs_document
from elyra_neurodesk.processor import NeurodeskPipelineProcessor
from elyra_neurodesk.settings import RuntimeConfiguration, SecretReference
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.submission import archive_hashes, submission_context, task_graph
from tests.support import yaml_text
from tests.support.pipelines import IMAGE, pipeline

Json = dict[str, Any]
_PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.parameters\['[a-z0-9_]+'\]\}\}")
JOB = {"pipeline_job_uuid": "RUN-UUID", "pipeline_job_name": "RUN NAME", "pipeline_task_name": "TASK"}
STORE = StorageLocation("http://store.example.org:9000", "bucket", "a/prefix")
SETTINGS = RuntimeConfiguration(
    name="nd",
    display_name="nd",
    api_endpoint="http://127.0.0.1:9",
    public_api_endpoint="http://127.0.0.1:9",
    namespace=None,
    object_store_endpoint=STORE.endpoint,
    public_object_store_endpoint=STORE.endpoint,
    bucket=STORE.bucket,
    secret=SecretReference("object-store"),
)


@dataclass
class Workbench:
    """Builds graphs of pipelines whose files lie below ``root``."""

    root: Path
    components: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.processor = NeurodeskPipelineProcessor(root_dir=str(self.root))

    def graph(self, definition: Json) -> TaskGraph:
        """Return the checked task graph, as it is before a submission uploads anything."""
        root = self.root.resolve()
        parsed = PipelineParser(root_dir=str(self.root)).parse(definition)
        drawn = read_pipeline(parsed, root, self.processor, self.components.get)
        context = replace(
            submission_context(
                drawn,
                SETTINGS,
                "admission",
                runtime_images=({"image_name": IMAGE, "pull_policy": "IfNotPresent"},),
            ),
            store=STORE,
            bootstrapper="0" * 64,
            bootstrapper_url="http://x/b.pyz",
        )
        with ArchiveBuilder() as archives:
            return task_graph(drawn, context, archive_hashes(drawn, root, archives))

    def compiled(
        self, nodes: Sequence[Json], comments: Mapping[str, str] | None = None, **properties: Any
    ) -> Compiled:
        """Build, check and compile a pipeline; ``comments``: node id to the comment attached to it."""
        return Compiled.of(self.graph(self.definition(nodes, comments, **properties)))

    def definition(
        self, nodes: Sequence[Json], comments: Mapping[str, str] | None = None, **properties: Any
    ) -> Json:
        """Return the pipeline as the processor gets it."""
        definition = pipeline(nodes, **properties)
        primary = definition["pipelines"][0]["app_data"]
        primary["ui_data"]["comments"] = [
            {"id": f"c-{node}", "content": text, "associated_id_refs": [{"node_ref": node}]}
            for node, text in (comments or {}).items()
        ]
        primary |= {"name": properties.get("name", "test"), "runtime": "neurodesk", "runtime_config": "nd"}
        return definition


class Compiled:
    """A package, read as a cluster reads it."""

    def __init__(self, package: str, document: bytes = b"") -> None:
        self.package = package
        self.document = document
        self.spec, *more = yaml_text.load_all(package)
        self.platform: Json = more[0] if more else {}

    @classmethod
    def of(cls, graph: TaskGraph) -> Compiled:
        """Compile a graph."""
        return cls(package_text(graph.name, compile_graph(graph)), specs_document(graph))

    @property
    def tasks(self) -> Json:
        """Return the tasks by name."""
        tasks: Json = self.spec["root"]["dag"]["tasks"]
        return tasks

    def executor(self, task: str) -> Json:
        """Return a task's container."""
        container: Json = self.spec["deploymentSpec"]["executors"][self._label(task)]["container"]
        return container

    def pod(self, task: str) -> Json:
        """Return a task's Kubernetes configuration."""
        kubernetes = self.platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
        config: Json = kubernetes.get(self._label(task), {})
        return config

    def parameters(self) -> Json:
        """Return the pipeline's parameters and their defaults."""
        definitions = self.spec["root"].get("inputDefinitions", {}).get("parameters", {})
        return {name: definition.get("defaultValue") for name, definition in definitions.items()}

    def inputs(self, task: str) -> Json:
        """Return what KFP's driver passes to a task: constants resolved, parameters at their defaults."""
        given = self.tasks[task].get("inputs", {}).get("parameters", {})
        constants = [name for name, source in given.items() if "runtimeValue" in source]
        values = {
            name: source["runtimeValue"]["constant"]
            if name in constants
            else self.parameters()[source["componentInputParameter"]]
            for name, source in given.items()
        }
        return resolve_constants(values, constants, JOB)

    def arguments(self, task: str) -> list[str]:
        """Return the words that the task's program gets."""
        values = {
            "{{$.inputs.parameters['" + name + "']}}": format_value(value)
            for name, value in self.inputs(task).items()
        }
        container = self.executor(task)
        environment = self.container_environment(task)
        templates = (*container.get("command", ()), *container.get("args", ()))
        return resolve_arguments(templates, values, lambda text: expand_all([("x", text)], environment)["x"])

    def container_environment(self, task: str) -> dict[str, str]:
        """Return the container's variables after Kubernetes' expansion."""
        entries = self.executor(task).get("env", ())
        return expand_all([(entry["name"], entry.get("value", "")) for entry in entries], {})

    def told(self, task: str) -> TaskSpec:
        """Return what the bootstrapper reads from the document that its arguments name."""
        _, sha256, _, name, *_ = self._bootstrapper_arguments(task)
        return read_task(self.document, sha256, name)

    def environment(self, task: str) -> dict[str, str]:
        """Return the environment of a notebook's code."""
        return {**self.container_environment(task), **self.told(task).env}

    def assignments(self, task: str) -> dict[str, str]:
        """Return the pipeline parameters in the bootstrapper's arguments."""
        pairs = [word.partition("=") for word in self._bootstrapper_arguments(task)[4:]]
        return {name: value for name, _, value in pairs}

    def _bootstrapper_arguments(self, task: str) -> list[str]:
        return self.arguments(task)[len(CONTAINER_COMMAND) :]

    def _label(self, task: str) -> str:
        component = self.spec["components"][self.tasks[task]["componentRef"]["name"]]
        label: str = component["executorLabel"]
        return label


def assert_inert(compiled: Compiled) -> None:
    """Check that no text a user typed can be taken for a placeholder by Argo, KFP or Kubernetes."""
    for task, node in compiled.tasks.items():
        for name, source in node.get("inputs", {}).get("parameters", {}).items():
            for text in texts(source.get("runtimeValue", {})):
                assert "{{" not in text or (name, text) == ("run_id", "{{$.pipeline_job_uuid}}"), text
        assert "{{" not in node["taskInfo"]["name"]
        container = compiled.executor(task)
        for argument in container.get("args", ()):
            assert "{{" not in _PLACEHOLDER.sub("", argument), argument
        for entry in container.get("env", ()):
            assert "{{" not in entry.get("value", ""), entry
        assert not any("{{" in text for text in texts(compiled.pod(task)))
    for value in compiled.parameters().values():
        assert not any("{{" in text or "$$" in text for text in texts(value))


def texts(value: Any) -> Iterator[str]:
    """Yield all texts of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def twice_expanded(text: str, variables: Mapping[str, str]) -> str:
    """Return what two of Kubernetes' expansions make of a text: the driver's container and the task's."""
    once = expand_all([("x", text)], variables)["x"]
    return expand_all([("x", once)], variables)["x"]


@contextmanager
def only_coded_errors() -> Iterator[Callable[[], str]]:
    """Let a NeurodeskError of one line end the block; the returned function tells its text, "" if none."""
    from elyra_neurodesk.errors import NeurodeskError

    caught: list[str] = []
    try:
        yield lambda: caught[0] if caught else ""
    except NeurodeskError as problem:
        text = str(problem)
        assert re.match(r"ND-[A-Z]+-\d{3}: ", text)
        assert text.isprintable(), ascii(text)  # one line, and nothing that a terminal would obey
        assert len(text) < 1000 or not text.startswith("ND-FIELD"), text[:200]
        caught.append(text)
