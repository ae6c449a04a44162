"""A task: one node of a pipeline, as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.graph.components import compile_component
from elyra_neurodesk.graph.pipeline import Parameter

# JSON of the message kfp_kubernetes.KubernetesExecutorConfig (kubernetes_executor_config.proto)
KubernetesConfig = Mapping[str, Any]


@dataclass(frozen=True)
class Constant:
    """A task input with a fixed value: str, int, float, bool, list or dict."""

    value: Any


@dataclass(frozen=True)
class PipelineInput:
    """A task input that takes the pipeline parameter ``name``."""

    name: str


@dataclass(frozen=True)
class TaskOutput:
    """A task input that takes the output ``key`` of the task ``task``."""

    task: str
    key: str


TaskInput = Constant | PipelineInput | TaskOutput


@dataclass(frozen=True)
class Resources:
    """What a container asks for and may use, as Kubernetes quantities; None where the user said nothing."""

    cpu_request: str | None = None
    cpu_limit: str | None = None
    memory_request: str | None = None
    memory_limit: str | None = None
    accelerator_type: str | None = None
    accelerator_count: str | None = None


@dataclass(frozen=True)
class Container:
    """The container of a generic task; a catalog task's comes from its component definition.

    Attributes:
        image: container image.
        command: entry point.
        args: its arguments, KFP placeholders among them.
        inputs: the inputs that the placeholders name: name to Elyra's base type.
    """

    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One node of a pipeline.

    Attributes:
        name: a slug, unique in the pipeline.
        display_name: the node's label as the user typed it.
        parents: names of the tasks that must have succeeded before.
        inputs: input name to where its value comes from.
        env: environment variables with their exact values.
        resources: requests and limits.
        platform: Kubernetes configuration of the task's pod.
        caching: True, False, or None for KFP's default.
        container: set for generic tasks.
        spec: what the bootstrapper gets; set for generic tasks.
        component: KFP component YAML; set for catalog tasks.
        file: the notebook or script below the pipeline's directory, "" for catalog tasks.
        comment: the comment attached to the node in the editor.
    """

    name: str
    display_name: str
    parents: tuple[str, ...] = ()
    inputs: Mapping[str, TaskInput] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = Resources()
    platform: KubernetesConfig = field(default_factory=dict)
    caching: bool | None = None
    container: Container | None = None
    spec: TaskSpec | None = None
    component: str | None = None
    file: str = ""
    comment: str = ""

    @property
    def image(self) -> str:
        """The image of the task's container; a catalog task's is in its component definition.

        Raises:
            InvalidComponent: KFP cannot read the definition.
        """
        if self.container:
            return self.container.image
        image: str = compile_component(self.component or "").executor["container"]["image"]
        return image

    def mounts(self, path: str) -> bool:
        """Return whether a volume is mounted at exactly ``path`` (without a slash at its end)."""
        mounts = (*self.platform.get("pvcMount", ()), *self.platform.get("emptyDirMounts", ()))
        return any(mount["mountPath"].rstrip("/") == path for mount in mounts)

    def claim_mount(self, path: str) -> Mapping[str, Any] | None:
        """Return the claim that is mounted at exactly ``path``, as JSON of the message PvcMount."""
        mounts = self.platform.get("pvcMount", ())
        return next((mount for mount in mounts if mount["mountPath"].rstrip("/") == path), None)

    def with_platform(self, **lists: Sequence[Mapping[str, Any]]) -> Task:
        """Return the task with entries added to repeated fields of its Kubernetes configuration."""
        merged = dict(self.platform)
        for name, entries in lists.items():
            merged[name] = [*merged.get(name, ()), *entries]
        return replace(self, platform=merged)

    def with_pod_metadata(self, labels: Mapping[str, str], annotations: Mapping[str, str]) -> Task:
        """Return the task with labels and annotations added; the task's own win."""
        present = self.platform.get("podMetadata", {})
        metadata = {
            "labels": {**labels, **present.get("labels", {})},
            "annotations": {**annotations, **present.get("annotations", {})},
        }
        metadata = {kind: values for kind, values in metadata.items() if values}
        return replace(self, platform={**self.platform, "podMetadata": metadata})

    def with_default_env(self, env: Mapping[str, str]) -> Task:
        """Return the task with environment variables added; the task's own win."""
        return replace(self, env={**env, **self.env})


@dataclass(frozen=True)
class TaskGraph:
    """A pipeline as tasks, ready for a compiler once it is patched.

    Attributes:
        name: the pipeline's name as the user typed it.
        description: free text, "" for none.
        tasks: in topological order.
        parameters: the pipeline parameters that a task takes, in the user's order.
        warnings: one line for each thing that the user should know and that stops nothing.
    """

    name: str
    description: str
    tasks: tuple[Task, ...]
    parameters: tuple[Parameter, ...] = ()
    warnings: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        """Return the values of the parameters, by name; parameters without one are left out."""
        return {known.name: known.value for known in self.parameters if known.value is not None}
