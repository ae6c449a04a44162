"""What a node's task does that Elyra's own properties do not say: modules, strictness, undeclared files."""

from __future__ import annotations

from collections.abc import Iterable

from elyra_neurodesk.bootstrapper.spec import KeepLimits
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.pipeline import NotebookNode
from elyra_neurodesk.quantities import InvalidQuantity, parse_limits
from elyra_neurodesk.settings import RuntimeConfiguration, module_list

MODULES_VARIABLE = "NEURODESK_MODULES"
"""Environment variable with modules, for where the editor shows no properties: running a lone notebook."""


class InvalidKeepLimit(NeurodeskError):
    """A node's limit for undeclared files is not a quantity."""

    code = "ND-RESOURCE-002"
    hint = (
        "Write off, the size of a file as 20Mi, or that and the size of all of a task's files as 20Mi/200Mi."
    )


def declared_modules(node: NotebookNode, settings: RuntimeConfiguration) -> tuple[str, ...]:
    """Return the modules that a node's task loads before its first cell, ``tool`` or ``tool/version``.

    In this order, a later entry for the same tool replacing an earlier one, as loading does: the runtime
    configuration's default modules, the pipeline's default and the node's property, and the node's
    environment variable `MODULES_VARIABLE`.
    """
    variable = module_list(node.env.get(MODULES_VARIABLE) or "")
    return last_of_each_tool((*settings.modules, *node.modules, *variable))


def declared_strictness(node: NotebookNode, settings: RuntimeConfiguration) -> str:
    """Return ``error``, ``warn`` or ``off``: the node's or pipeline's choice, else the configuration's."""
    return node.strictness or settings.strict


def declared_keep_limits(node: NotebookNode, settings: RuntimeConfiguration) -> KeepLimits:
    """Return how much the node's task keeps of undeclared files: the node's or pipeline's choice, else the
    configuration's.

    Raises:
        InvalidKeepLimit: the choice is not a quantity.
    """
    text = node.keep_undeclared or settings.keep_undeclared
    try:
        return KeepLimits(*parse_limits(text))
    except InvalidQuantity as problem:
        raise InvalidKeepLimit(f"Node '{node.label}': Keep Undeclared Files is '{text}'.") from problem


def last_of_each_tool(modules: Iterable[str]) -> tuple[str, ...]:
    """Keep the last module of each tool, at the place of the last.

    >>> last_of_each_tool(["fsl/6.0.4", "ants", "fsl/6.0.7.16"])
    ('ants', 'fsl/6.0.7.16')
    """
    kept: dict[str, str] = {}
    for module in modules:
        tool = module.partition("/")[0]
        kept.pop(tool, None)
        kept[tool] = module
    return tuple(kept.values())
