"""A container as KFP's message PipelineContainerSpec describes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from elyra_neurodesk.quantities import InvalidQuantity, parse_bytes, parse_cores

from .errors import InvalidPackage, UnsupportedPackage
from .model import Executor, Resources

_Number = TypeVar("_Number", int, float)


def read_executor(label: str, spec: Mapping[str, Any]) -> Executor:
    """Read one executor.

    Args:
        label: its key in the package.
        spec: JSON of the message ExecutorSpec.

    Raises:
        InvalidPackage: a resource that is no quantity, a variable without a name.
        UnsupportedPackage: anything but a container; resources given by a parameter.
    """
    where = f"executor {label!r}"
    if "container" not in spec:
        kind = next(iter(spec), "of no kind")
        raise UnsupportedPackage(f"{where} is an {kind}, which the embedded backend does not run.")
    container = spec["container"]
    env = {}
    for variable in container.get("env", []):
        name = variable.get("name", "")
        if not name or "=" in name:
            raise InvalidPackage(f"{where} has an environment variable named {name!r}.")
        env[name] = variable.get("value", "")
    return Executor(
        label=label,
        image=container.get("image", ""),
        command=tuple(container.get("command", [])),
        args=tuple(container.get("args", [])),
        env=env,
        resources=_read_resources(container.get("resources", {}), where),
    )


def _read_resources(spec: Mapping[str, Any], where: str) -> Resources:
    def quantity(name: str, parse: Callable[[str | float], _Number], unit: str = "") -> _Number | None:
        # The string is the current form; the number, in cores or 10^9 bytes, the deprecated one.
        text = spec.get(f"resource{name[0].upper()}{name[1:]}", "")
        if not text and spec.get(name):
            text = f"{spec[name]}{unit}"
        if "{{" in text:
            raise UnsupportedPackage(f"{where} takes its {name} from a parameter.")
        try:
            return parse(text) if text else None
        except InvalidQuantity as problem:
            raise InvalidPackage(f"{name} of {where}: {problem.message}") from problem

    accelerator = spec.get("accelerator", {})
    count = accelerator.get("resourceCount") or accelerator.get("count") or "0"
    if not str(count).isdecimal():
        raise UnsupportedPackage(f"{where} takes its number of accelerators from a parameter.")
    return Resources(
        cpu_request=quantity("cpuRequest", parse_cores),
        cpu_limit=quantity("cpuLimit", parse_cores),
        memory_request=quantity("memoryRequest", parse_bytes, "G"),
        memory_limit=quantity("memoryLimit", parse_bytes, "G"),
        accelerator=accelerator.get("resourceType") or accelerator.get("type") or None,
        accelerator_count=int(count),
    )
