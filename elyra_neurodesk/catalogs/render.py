"""From a step to a KFP component (version 1 of the format, which Elyra's parser reads best)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from elyra_neurodesk.catalogs.model import Container, Files, Option, Output, Step
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.patches.component_annotations import CACHE, STORE

BASE_IMAGE = (
    "vnmd/neurodesktop:2026-09-23@sha256:0eddaf36b1d39daacc821796e915bdcbc4ac8c507f3bd068520bafefc4f6e549"
)
TOOL_IMAGE = "vnmd/{tool}_{version}:{date}"

# scripts that begin with another one, too
_SHARED = {"store_in": ("store",), "store_out": ("store",)}
RunFrom = Literal["cvmfs", "image"]
# a field with a default is no longer empty in the editor, so only these kinds get a type with numbers
_TYPES = {"number": "Float", "integer": "Integer", "flag": "Bool"}


class InvalidCatalog(NeurodeskError):
    """A catalog of Neurodesk tools says something about images that makes no sense."""

    code = "ND-CATALOG-001"
    hint = "Correct it in the panel Component Catalogs, or delete the field's content for the default."


@dataclass(frozen=True)
class Place:
    """Where the tools of a catalog come from.

    Attributes:
        run_from: ``cvmfs``: the mounted repository, in ``base_image``; ``image``: the tool's own image.
        base_image: an image with apptainer, a Neurodesktop.
        tool_image: name of a tool's image, with ``{tool}``, ``{version}`` and ``{date}``.
    """

    run_from: RunFrom = "cvmfs"
    base_image: str = BASE_IMAGE
    tool_image: str = TOOL_IMAGE

    def image(self, container: Container | None) -> str:
        """Return the image of a step that needs ``container``.

        Raises:
            InvalidCatalog: ``tool_image`` has another placeholder than those three.
        """
        if container is None or self.run_from == "cvmfs":
            return self.base_image
        name = self.tool_image
        for part in ("tool", "version", "date"):
            name = name.replace(f"{{{part}}}", getattr(container, part))
        if "{" in name or "}" in name or " " in name:
            raise InvalidCatalog(
                f"The name of the tools' images, '{self.tool_image}', has more than {{tool}}, {{version}} "
                "and {date} in braces."
            )
        return name


def component_text(step: Step, place: Place) -> str:
    """Return the component as YAML."""
    text: str = yaml.dump(
        component(step, place), Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True
    )
    return text


def component(step: Step, place: Place) -> dict[str, Any]:
    """Return the component as data.

    Raises:
        InvalidCatalog: ``place`` makes no image of the step's container.
    """
    annotations = {"neurodesk.org/step": step.id}
    if step.container:
        annotations["neurodesk.org/module"] = step.container.module
        annotations["neurodesk.org/container"] = step.container.directory
    if step.url:
        annotations["neurodesk.org/documentation"] = step.url
    if step.store:
        annotations[STORE] = "run"
    if not step.cache:
        annotations[CACHE] = "off"
    words = _instructions(step, place) if step.script == "step" else _plain_arguments(step)
    return {
        "name": step.name,
        "description": description(step),
        "metadata": {"annotations": annotations},
        "inputs": [*map(_files, step.inputs), *map(_option, step.options)],
        "outputs": list(map(_output, step.outputs)),
        "implementation": {
            "container": {
                "image": place.image(step.container),
                "command": ["sh", "-c", script(step.script), "neurodesk", step.name],
                "args": list(words),
            }
        },
    }


def description(step: Step) -> str:
    """Return what the palette shows of a step."""
    parts = [step.summary]
    if step.container:
        parts.append(f"Module {step.container.module}, container of {step.container.date}.")
    if step.url:
        parts.append(f"Documentation: {step.url}")
    return " ".join(parts)


@cache
def script(name: str) -> str:
    """Return a script without its comments and indentation: it is repeated in every compiled pipeline."""
    folder = resources.files(__package__).joinpath("scripts")
    lines = [
        line.strip()
        for part in ("common", *_SHARED.get(name, ()), name)
        for line in folder.joinpath(f"{part}.sh").read_text("utf-8").splitlines()
    ]
    return "\n".join(line for line in lines if line and not line.startswith("#")) + "\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as a person would."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _instructions(step: Step, place: Place) -> Iterator[Any]:
    """Yield the instructions of scripts/step.sh: files first, for the words need their names."""
    if step.container and place.run_from == "cvmfs":
        yield from ("tool", step.container.directory, step.program)
    for files in step.inputs:
        for name, endings in files.names:
            yield from ("in", name, files.title, endings, {"inputPath": files.title})
    for variable, template in step.env:
        yield from ("env", variable, template)
    for word in step.command:
        yield from ("word", word) if isinstance(word, str) else _option_instruction(word)
    for output in step.outputs:
        mark = "?" if output.optional else ""
        yield from ("out", mark + output.title, output.pattern, {"outputPath": output.title})


def _option_instruction(option: Option) -> tuple[Any, ...]:
    value = {"inputValue": option.title}
    match option.kind:
        case "flag":
            return ("flag", option.flag, value)
        case "more":
            return ("more", value)
        case "list" | "file" | "folder":
            return (option.kind, option.flag, option.title, value)
    return ("option", option.flag, option.title, option.rule, value)


def _plain_arguments(step: Step) -> Iterator[Any]:
    yield from ({"inputValue": option.title} for option in step.options)
    yield from ({"outputPath": output.title} for output in step.outputs)
    yield from ({"inputPath": files.title} for files in step.inputs)


def _files(files: Files) -> dict[str, Any]:
    return {"name": files.title, "type": files.kind, "description": files.help}


def _output(output: Output) -> dict[str, Any]:
    return {"name": output.title, "type": output.kind, "description": output.help}


def _option(option: Option) -> dict[str, Any]:
    kind = _TYPES.get(option.kind, "String") if option.default else "String"
    text = f"{option.help} One of: {', '.join(option.choices)}." if option.choices else option.help
    entry = {"name": option.title, "type": kind, "description": text}
    return entry if option.required else {**entry, "default": option.default, "optional": True}
