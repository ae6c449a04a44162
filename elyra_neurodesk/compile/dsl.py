"""Task graph to Python DSL: the ``.py`` export, to be read by people.

The file, run by hand, compiles to a pipeline equivalent to what `elyra_neurodesk.compile.ir` writes. All that
a user typed is in it as string literals, and as nothing else (see `python_source`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from elyra_neurodesk.compile.ir import kubernetes_env
from elyra_neurodesk.compile.kubernetes_calls import Call, kubernetes_calls
from elyra_neurodesk.compile.python_source import free_name, identifier, keywords, literal, texts
from elyra_neurodesk.graph.components import compile_component
from elyra_neurodesk.graph.model import Constant, PipelineInput, Task, TaskGraph, TaskInput
from elyra_neurodesk.names import pipeline_name
from elyra_neurodesk.quantities import parse_bytes, whole_quantity

# Elyra's base types to Python's
_TYPES = {
    "String": "str",
    "CustomString": "str",
    "Integer": "int",
    "Float": "float",
    "Bool": "bool",
    "List": "str",
    "Dict": "str",
}
_RESOURCES = {
    "cpu_request": (".set_cpu_request", "cpu"),
    "cpu_limit": (".set_cpu_limit", "cpu"),
    "memory_request": (".set_memory_request", "memory"),
    "memory_limit": (".set_memory_limit", "memory"),
    "accelerator_count": (".set_accelerator_limit", "limit"),
    "accelerator_type": (".set_accelerator_type", "accelerator"),
}
_PLACEHOLDER = "{{$.inputs.parameters['%s']}}"
# what sets these: their order has no meaning
_UNORDERED = frozenset({"caching", "env", "podMetadata", "resources"})
_IMPORTED = frozenset({"copy", "yaml", "components", "dsl", "json_format", "Path"})
# whether a task has a container of its own: the function that sets up such tasks, and what they are
_SET_UP = {
    True: ("_set_up_notebook", "notebooks and scripts"),
    False: ("_set_up_component", "catalog components"),
}
_SET_POD_FIELD = "_set_pod_field"

_HEAD = '''"""A Neurodesk pipeline as Kubeflow Pipelines DSL, written by elyra-neurodesk.

Run this file with Python to compile it to YAML beside it. It needs the packages kfp and kfp-kubernetes.
"""

import copy
from pathlib import Path

import yaml
from google.protobuf import json_format
from kfp import components, dsl, kubernetes'''

_NAMED = '''
def _named(component, name):
    """Return a copy of a component under another name: KFP names a task after its component."""
    component = copy.deepcopy(component)
    component.component_spec.name = name
    return component
'''

_SET_POD_FIELD_SOURCE = '''
def _set_pod_field(task, name, value):
    """Set a field of KubernetesExecutorConfig that kfp.kubernetes has no function for.

    To be called last: the functions of kfp.kubernetes refuse a configuration with unknown fields.
    """
    task.platform_config.setdefault("kubernetes", {})[name] = value
'''

_TAIL = """

if __name__ == "__main__":
    # what kfp.compiler.Compiler().compile() writes, less its comments: a line break in a parameter's default
    # value ends kfp's comment early and spoils the file
    _specs = [generated_pipeline.pipeline_spec, generated_pipeline.platform_spec]
    _documents = [document for document in map(json_format.MessageToDict, _specs) if document]
    Path(__file__).with_suffix(".yaml").write_text(yaml.safe_dump_all(_documents), "utf-8")
"""


def write_dsl(graph: TaskGraph) -> str:
    """Return the graph as a Python module that defines ``generated_pipeline``.

    Raises:
        InvalidComponent: a catalog task's component definition cannot be read.
        ValueError: a name of a pipeline parameter or of an input is not a Python identifier.
    """
    text = "\n".join(_Writer(graph).lines())
    # for the eye only; imported here because it takes a while
    import black

    return black.format_str(text, mode=black.Mode(line_length=110))


class _Writer:
    """One module in the making: the names in it, and its lines."""

    def __init__(self, graph: TaskGraph) -> None:
        self.graph = graph
        taken = {*_IMPORTED, *(identifier(parameter.name) for parameter in graph.parameters)}
        # the only import that is used where a parameter can hide it
        self.kubernetes = free_name("kubernetes", taken)
        self.variables = {task.name: free_name(task.name, taken) for task in graph.tasks}
        self.components = {_component_key(task): task for task in graph.tasks}
        self.names = {key: free_name(_component_name(task), taken) for key, task in self.components.items()}
        self.calls = {task.name: _calls(task) for task in graph.tasks}
        self.common = {kind: self._common(kind) for kind in _SET_UP}
        self.scripts = {script: free_name("_SCRIPT", taken) for script in self._scripts()}

    def lines(self) -> Iterator[str]:
        """Yield the module's lines."""
        yield _HEAD + ("" if self.kubernetes == "kubernetes" else f" as {self.kubernetes}")
        if self.scripts:
            yield "\n# Scripts in the commands of containers."
        for script, name in self.scripts.items():
            yield f"{name} = {literal(script)}"
        yield "\n# Components: what the tasks run."
        for key, task in self.components.items():
            yield from self._component(self.names[key], task)
        yield _NAMED
        if any(call.function == _SET_POD_FIELD for calls in self.calls.values() for call in calls):
            yield _SET_POD_FIELD_SOURCE
        for kind, (function, what) in _SET_UP.items():
            if self.common[kind]:
                yield f"def {function}(task):"
                yield f'    """Set up what all {what} of this pipeline have in common."""'
                yield from (self._call(call, "task") for call in self.common[kind])
        yield from self._pipeline()
        yield _TAIL

    def _scripts(self) -> Iterator[str]:
        """Yield the long scripts in commands and in init containers."""
        values: list[Any] = [task.container.command for task in self.graph.tasks if task.container]
        values += [
            c.arguments for calls in self.calls.values() for c in calls if c.function == _SET_POD_FIELD
        ]
        yield from dict.fromkeys(text for text in texts(values) if len(text) > 200 and "\n" in text)

    def _component(self, name: str, task: Task) -> Iterator[str]:
        if task.container is None:
            yield f"{name} = components.load_component_from_text({literal(task.component)})"
            return
        inputs = {identifier(key): _TYPES[kind] for key, kind in task.container.inputs.items()}
        yield "@dsl.container_component"
        yield f"def {name}({', '.join(f'{key}: {kind}' for key, kind in inputs.items())}):"
        yield "    return dsl.ContainerSpec("
        yield f"        image={literal(task.container.image)},"
        yield f"        command={literal(task.container.command, self.scripts)},"
        yield f"        args={literal(task.container.args, {_PLACEHOLDER % key: key for key in inputs})},"
        yield "    )"

    def _common(self, kind: bool) -> list[Call]:
        """Return the calls that all tasks of a kind have in common; none where it is one task or none."""
        calls = [self.calls[task.name] for task in self.graph.tasks if bool(task.container) == kind]
        if len(calls) < 2:
            return []
        keys = set.intersection(*({call.key for call in one} for one in calls))
        common = [call for call in calls[0] if call.key in keys]
        # a task's own calls come first: what that would put into another order stays with the task
        for sets in {call.sets for call in common} - _UNORDERED:
            shared = [call.key for call in common if call.sets == sets]
            for one in calls:
                given = [call.key for call in one if call.sets == sets]
                if [*(key for key in given if key not in keys), *shared] != given:
                    common = [call for call in common if call.sets != sets]
        return common

    def _pipeline(self) -> Iterator[str]:
        options = {"name": pipeline_name(self.graph.name), "display_name": self.graph.name}
        if self.graph.description:
            options["description"] = self.graph.description
        yield f"@dsl.pipeline({', '.join(f'{key}={literal(value)}' for key, value in options.items())})"
        arguments = ", ".join(
            f"{parameter.name}: {_TYPES[parameter.type]}"
            + ("" if parameter.value is None else f" = {literal(parameter.value)}")
            for parameter in sorted(self.graph.parameters, key=lambda parameter: parameter.value is not None)
        )
        yield f"def generated_pipeline({arguments}):"
        for task in self.graph.tasks:
            yield from self._task(task)

    def _task(self, task: Task) -> Iterator[str]:
        variable = self.variables[task.name]
        inputs = keywords({name: self._input(source) for name, source in task.inputs.items()})
        yield f"    {variable} = _named({self.names[_component_key(task)]}, {task.name!r})({inputs})"
        yield f"    {variable}.set_display_name({literal(task.display_name)})"
        if task.parents:
            yield f"    {variable}.after({', '.join(self.variables[parent] for parent in task.parents)})"
        common = {call.key for call in self.common[bool(task.container)]}
        own = [call for call in self.calls[task.name] if call.key not in common]
        yield from (self._call(call, variable) for call in own if call.function != _SET_POD_FIELD)
        if common:
            yield f"    {_SET_UP[bool(task.container)][0]}({variable})"
        yield from (self._call(call, variable) for call in own if call.function == _SET_POD_FIELD)
        yield ""

    def _input(self, source: TaskInput) -> str:
        if isinstance(source, Constant):
            return literal(source.value)
        if isinstance(source, PipelineInput):
            return identifier(source.name)
        return f"{self.variables[source.task]}.outputs[{source.key!r}]"

    def _call(self, call: Call, task: str) -> str:
        arguments = [f"{name}={literal(value, self.scripts)}" for name, value in call.arguments.items()]
        if call.function.startswith("."):
            return f"    {task}{call.function}({', '.join(arguments)})"
        function = call.function.replace("kubernetes.", f"{self.kubernetes}.")
        return f"    {function}({', '.join([task, *arguments])})"


def _component_key(task: Task) -> str:
    """Return a text that is equal for tasks that can share a component."""
    return task.component or json.dumps(asdict(task.container))  # type: ignore[arg-type]


def _component_name(task: Task) -> str:
    if task.container:
        return "_notebook"
    label: str = compile_component(task.component or "").component["executorLabel"]
    return label.replace("exec-", "_", 1)


def _calls(task: Task) -> list[Call]:
    """Return the calls that set up a task; what kfp.kubernetes has no functions for comes last."""
    calls = []
    if task.caching is False:
        calls.append(Call("caching", ".set_caching_options", {"enable_caching": False}))
    for name, (function, argument) in _RESOURCES.items():
        if value := getattr(task.resources, name):
            if argument == "memory" and "." in value:
                # KFP's setters refuse fractions, which Kubernetes takes
                value = whole_quantity(parse_bytes(value))
            calls.append(Call("resources", function, {argument: value}))
    for entry in kubernetes_env(_own_env(task).items()):
        calls.append(Call("env", ".set_env_variable", entry))
    configured, rest = kubernetes_calls(task.platform)
    last = [Call(name, _SET_POD_FIELD, {"name": name, "value": value}) for name, value in rest.items()]
    return [*calls, *configured, *last]


def _own_env(task: Task) -> Mapping[str, str]:
    """Return the task's variables but those that its component sets."""
    if task.component is None:
        return task.env
    container = compile_component(task.component).executor["container"]
    own = {entry["name"] for entry in container.get("env", ())}
    return {name: value for name, value in task.env.items() if name not in own}
