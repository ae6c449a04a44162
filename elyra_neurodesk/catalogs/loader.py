"""The components in components/*.yaml, completed for where a catalog takes its tools from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal

import yaml

from elyra_neurodesk.errors import NeurodeskError

BASE_IMAGE = (
    "vnmd/neurodesktop:2026-09-23@sha256:0eddaf36b1d39daacc821796e915bdcbc4ac8c507f3bd068520bafefc4f6e549"
)
TOOL_IMAGE = "vnmd/{tool}_{version}:{date}"

FOLDER = resources.files(__package__)
RunFrom = Literal["cvmfs", "image"]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# scripts that begin with another one, too
_SHARED = {"store_in": ("store",), "store_out": ("store",)}


class InvalidCatalog(NeurodeskError):
    """A catalog of Neurodesk tools names images that do not exist."""

    code = "ND-CATALOG-001"
    hint = "Correct it in the panel Component Catalogs, or delete the field's content for the default."


class InvalidComponentFile(NeurodeskError):
    """A file in catalogs/components/ does not describe a component."""

    code = "ND-CATALOG-002"
    hint = "Correct the file; elyra_neurodesk/catalogs/components/schema.json says what each field means."


@dataclass(frozen=True)
class ToolSource:
    """Where the tools of a catalog come from.

    Attributes:
        run_from: ``cvmfs``: the mounted repository, in ``base_image``; ``image``: the tool's own image.
        base_image: an image with apptainer, a Neurodesktop.
        tool_image: name of a tool's image, with ``{tool}``, ``{version}`` and ``{date}``.
    """

    run_from: RunFrom = "cvmfs"
    base_image: str = BASE_IMAGE
    tool_image: str = TOOL_IMAGE


@dataclass(frozen=True)
class Component:
    """A node of the palette.

    Attributes:
        id: stable: pipelines refer to it.
        category: the palette's group.
        source: its entry in components/*.yaml, as components/schema.json describes it.
    """

    id: str
    category: str
    source: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return what the palette calls it."""
        return str(self.source["name"])

    def fields(self, passed_as: Literal["inputPath", "inputValue", "outputPath"]) -> list[Mapping[str, Any]]:
        """Return the files that it takes, its options, or the files that it leaves, each as it is described.

        Args:
            passed_as: how the container gets them: as KFP's placeholder of that name.
        """
        names = {
            item[passed_as]
            for item in _arguments(self.source["args"])
            if isinstance(item, dict) and passed_as in item
        }
        return [field for field in _declared(self.source) if field["name"] in names]

    def text(self, tools: ToolSource) -> str:
        """Return `definition` as YAML."""
        definition = self.definition(tools)
        return str(yaml.dump(definition, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True))

    def definition(self, tools: ToolSource) -> dict[str, Any]:
        """Return the KFP component (version 1 of the format, which Elyra's parser reads best).

        Raises:
            InvalidCatalog: ``tools.tool_image`` has another placeholder than those three.
        """
        source = self.source
        annotations = {"neurodesk.org/step": self.id}
        description = [source["description"]]
        image, args = tools.base_image, list(_arguments(source["args"]))
        if container := source.get("container"):
            module = f"{container['tool']}/{container['version']}"
            directory = f"{container['tool']}_{container['version']}_{container['date']}"
            annotations["neurodesk.org/module"] = module
            annotations["neurodesk.org/container"] = directory
            description.append(f"Module {module}, container of {container['date']}.")
            if tools.run_from == "cvmfs":
                program = next(word for word in source["args"] if isinstance(word, str))
                args = ["tool", directory, program, *args]
            else:
                image = _tool_image(tools.tool_image, container)
        if url := source.get("documentation"):
            annotations["neurodesk.org/documentation"] = url
            description.append(f"Documentation: {url}")
        return {
            "name": source["name"],
            "description": " ".join(description),
            "metadata": {"annotations": annotations | source.get("annotations", {})},
            "inputs": [
                {**item, "optional": True} if "default" in item else item for item in source.get("inputs", ())
            ],
            "outputs": source.get("outputs", []),
            "implementation": {
                "container": {
                    "image": image,
                    "command": [
                        "sh",
                        "-c",
                        script(source.get("script", "step")),
                        "neurodesk",
                        source["name"],
                    ],
                    "args": args,
                }
            },
        }


@cache
def components() -> Mapping[str, Component]:
    """Return the nodes of the palette by their ids, in its order."""
    return read(FOLDER / "components")


def read(folder: Traversable) -> dict[str, Component]:
    """Return the components that a folder's index.yaml lists.

    Raises:
        InvalidComponentFile: a file breaks components/schema.json, or passes what it does not declare.
    """
    index = _load(folder / "index.yaml", "index")
    found = [
        Component(name, source["category"], source)
        for file in index["files"]
        for name, source in _load(folder / f"{file}.yaml", "file")["components"].items()
    ]
    order = {category: place for place, category in enumerate(index["categories"])}
    for component in found:
        if component.category not in order:
            raise InvalidComponentFile(
                f"'{component.id}': its category '{component.category}' is not in index.yaml."
            )
    return {component.id: component for component in sorted(found, key=lambda c: order[c.category])}


@cache
def script(name: str) -> str:
    """Return a script without its comments and indentation: it is repeated in every compiled pipeline."""
    lines = [
        line.strip()
        for part in ("common", *_SHARED.get(name, ()), name)
        for line in (FOLDER / f"scripts/{part}.sh").read_text("utf-8").splitlines()
    ]
    return "\n".join(line for line in lines if line and not line.startswith("#")) + "\n"


def _load(file: Traversable, kind: str) -> Any:
    """Return a YAML file's content, checked against one of the schema's definitions."""
    import json

    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

    schema = json.loads((FOLDER / "components/schema.json").read_text("utf-8"))
    try:
        content = yaml.load(file.read_text("utf-8"), _Loader)  # noqa: S506 (it is a safe one)
    except yaml.YAMLError as error:
        raise InvalidComponentFile(f"{file.name} is not YAML: {' '.join(str(error).split())}.") from error
    violation = best_match(Draft202012Validator(schema | {"$ref": f"#/$defs/{kind}"}).iter_errors(content))
    if violation:
        raise InvalidComponentFile(f"{file.name}: {violation.json_path[2:]}: {violation.message}.")
    for name, source in content.get("components", {}).items():
        declared = {field["name"] for field in _declared(source)}
        passed = {
            field for item in _arguments(source["args"]) if isinstance(item, dict) for field in item.values()
        }
        for field in sorted(declared ^ passed):
            problem = "is not passed in args" if field in declared else "is not one of its inputs and outputs"
            raise InvalidComponentFile(f"{file.name}: components.{name}: '{field}' {problem}.")
    return content


def _declared(source: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from source.get("inputs", ())
    yield from source.get("outputs", ())


def _arguments(args: list[Any]) -> Iterator[Any]:
    """Yield the container's arguments: strings become the instruction ``word`` of scripts/step.sh."""
    for item in args:
        match item:
            case str():
                yield from ("word", item)
            case list():
                yield from item
            case _:
                yield item


def _tool_image(template: str, container: Mapping[str, str]) -> str:
    name = template
    for part, value in container.items():
        name = name.replace(f"{{{part}}}", value)
    if "{" in name or "}" in name or " " in name:
        raise InvalidCatalog(
            f"The name of the tools' images, '{template}', has more than {{tool}}, {{version}} "
            "and {date} in braces."
        )
    return name


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as a person would, and each text out where it stands."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
