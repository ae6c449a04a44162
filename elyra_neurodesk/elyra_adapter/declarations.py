"""What a node declares about Neurodesk: its modules, and how strict its task is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from elyra_neurodesk.elyra_adapter.node_properties import MODULES, STRICTNESS
from elyra_neurodesk.settings import RuntimeSettings, module_list

if TYPE_CHECKING:
    from elyra.pipeline.pipeline import GenericOperation

MODULES_VARIABLE = "NEURODESK_MODULES"
"""Environment variable with modules, for where the editor shows no properties: running a lone notebook."""


def declared_modules(operation: GenericOperation, settings: RuntimeSettings) -> tuple[str, ...]:
    """Return the modules that a generic node gets before its first cell, ``tool`` or ``tool/version``.

    In this order, a later word on the same tool replacing an earlier one, as loading does: the runtime
    configuration's default modules, the pipeline's default and the node's property (which Elyra has merged in
    this order), and the node's variable `MODULES_VARIABLE`.
    """
    variables = operation.env_vars.to_dict() if operation.env_vars else {}
    return last_of_each_tool(
        (
            *settings.modules,
            *(item.module for item in operation.elyra_props.get(MODULES) or ()),
            *module_list(str(variables.get(MODULES_VARIABLE) or "")),
        )
    )


def declared_strictness(operation: GenericOperation, settings: RuntimeSettings) -> str:
    """Return ``error``, ``warn`` or ``off``: the node's or the pipeline's word, else the configuration's."""
    chosen = operation.elyra_props.get(STRICTNESS)
    return str(chosen.selection) if chosen else settings.strict


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
