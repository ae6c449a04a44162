"""A checked package: KFP's own messages, and what they lack.

Messages are those of kfp-pipeline-spec and kfp-kubernetes. Nothing here imports kfp or protobuf before a
package is read: that takes a second of a server's start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
    from kfp.pipeline_spec.pipeline_spec_pb2 import (
        ComponentInputsSpec,
        ComponentSpec,
        PipelineDeploymentConfig,
        PipelineSpec,
        PipelineTaskSpec,
    )


@dataclass(frozen=True)
class ContainerResources:
    """A container's requests and limits; None where it has none. CPU in cores, memory in bytes.

    Accelerators have a number and a kind, for example ``nvidia.com/gpu``.
    """

    cpu_request: float | None = None
    cpu_limit: float | None = None
    memory_request: int | None = None
    memory_limit: int | None = None
    accelerators: int = 0
    accelerator_kind: str = ""


@dataclass(frozen=True)
class PackageTask:
    """One task of a pipeline, everything that it refers to found.

    Attributes:
        name: key in the pipeline's DAG.
        spec: its entry there.
        component: what it takes and gives.
        container: image, command, arguments and environment; templates.
        resources: of the container, parsed.
        kubernetes: the executor's part of the platform spec.
        init_containers: JSON of the message InitContainer, which the released kfp-kubernetes lacks.
        parents: tasks that must succeed first, sorted.
    """

    name: str
    spec: PipelineTaskSpec
    component: ComponentSpec
    container: PipelineDeploymentConfig.PipelineContainerSpec
    resources: ContainerResources
    kubernetes: KubernetesExecutorConfig
    init_containers: tuple[Mapping[str, Any], ...]
    parents: tuple[str, ...]

    @property
    def display_name(self) -> str:
        """The name to show."""
        return str(self.spec.task_info.name) or self.name

    @property
    def output_types(self) -> dict[str, str]:
        """KFP's name of the type of each output parameter."""
        found = self.component.output_definitions.parameters
        return {name: type_name(found[name]) for name in sorted(found)}


@dataclass(frozen=True)
class Package:
    """A compiled pipeline; ``tasks`` is in topological order."""

    spec: PipelineSpec
    tasks: Mapping[str, PackageTask]

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return str(self.spec.pipeline_info.name)

    @property
    def parameters(self) -> dict[str, ComponentInputsSpec.ParameterSpec]:
        """What a run may or must give, by name."""
        return dict(sorted(self.spec.root.input_definitions.parameters.items()))


def to_json(message: Message) -> Any:
    """Return a message as JSON; for a Value the value itself."""
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message)


def type_name(parameter: Message) -> str:
    """Return the name (``STRING`` …) of the ParameterTypeEnum of an input or output parameter."""
    names = parameter.DESCRIPTOR.fields_by_name["parameter_type"].enum_type.values_by_number
    return str(names[parameter.parameter_type].name)


def producer(source: Any) -> tuple[str, str] | None:
    """Return task and output that an InputParameterSpec or InputArtifactSpec names, if it names one."""
    match source.WhichOneof("kind"):
        case "task_output_parameter":
            output = source.task_output_parameter
            return output.producer_task, output.output_parameter_key
        case "task_output_artifact":
            output = source.task_output_artifact
            return output.producer_task, output.output_artifact_key
    return None
