"""Node properties that this package adds to Elyra's editor: modules, strictness and undeclared files.

Elyra shows every `ElyraProperty` whose id a runtime processor lists in ``supported_properties``, for a node
and, as its default, for the whole pipeline; nothing needs to be written for the browser
(elyra/pipeline/properties.py, ``get_classes_for_component_type``). It asks all processors of a runtime type:
with Elyra's own ``kfp`` processor, which leaves the fields alone, they are seen, too.
"""

from __future__ import annotations

from typing import Any

from elyra.pipeline.properties import (
    ElyraProperty,
    ElyraPropertyListItem,
    ListItemPropertyAttribute,
    PropertyInputType,
)

from elyra_neurodesk.check.before_submit import configured_index
from elyra_neurodesk.elyra_adapter.runtime_configurations import runtime_configurations
from elyra_neurodesk.modules.index import ModuleIndex, Origin
from elyra_neurodesk.modules.sources import current_index
from elyra_neurodesk.modules.suggestions import Suggestions
from elyra_neurodesk.pipeline_files.node_properties import (
    KEEP_UNDECLARED,
    MODULES,
    STRICTNESS,
    STRICTNESS_CHOICES,
)
from elyra_neurodesk.quantities import InvalidQuantity, parse_limits
from elyra_neurodesk.validate import rules


def known_modules() -> ModuleIndex:
    """Return the modules that a dialog offers.

    Those of the repository that is mounted here; without one, those of all indexes that runtime
    configurations name, which the embedded backend's does; else those of neurocommand's list.
    """
    own = current_index()
    if own.origin.kind == "tree":
        return own
    named = {one.module_index: one for one in runtime_configurations() if one.module_index}
    found = [entry for one in named.values() for entry in configured_index(one).entries]
    return ModuleIndex(Origin("list"), found) if found else own


_suggestions = Suggestions(known_modules)


class NeurodeskModule(ElyraPropertyListItem):  # type: ignore[misc]
    """One Neurodesk module that a notebook or script needs.

    Attributes:
        module: ``tool`` or ``tool/version`` as typed.
    """

    applies_to_generic = True
    applies_to_custom = False

    property_id = MODULES
    property_display_name = "Neurodesk Modules"
    property_description = (
        "Neurodesk modules to load before the first cell, such as fsl/6.0.7.16. Write the version: without "
        "it the newest is taken. A module that cannot be loaded stops the task before any cell."
    )
    property_attributes = [  # noqa: RUF012  Elyra's protocol
        ListItemPropertyAttribute(
            attribute_id="module",
            display_name="Module",
            allowed_input_types=[PropertyInputType(base_type="str", placeholder="tool/version")],
            hidden=False,
            required=True,
            use_in_key=True,
        )
    ]

    def __init__(self, module: str | None = "", **unused: Any) -> None:
        self.module = module or ""

    @classmethod
    def get_schema(cls) -> dict[str, Any]:
        """Return the JSON schema: a module is chosen from the index, or typed.

        The index may be older than the repository, so that free text is always possible. JSON schema's
        ``examples`` would be the simpler form; Elyra 4.1.1's editor shows them as one word, ``[object Set]``.
        """
        schema: dict[str, Any] = super().get_schema()
        names = list(_suggestions.names())
        if names:
            module = schema["items"]["properties"]["module"]
            del module["type"]
            module["anyOf"] = [
                {"title": "Choose from the list", "type": "string", "enum": names},
                {"title": "Type its name", "type": "string"},
            ]
        return schema

    def should_discard(self) -> bool:
        """Ignore a line that was added and left empty."""
        return not self.module

    def get_all_validation_errors(self) -> list[str]:
        """Return why this is not a module's name; whether the module exists is for the pre-flight check."""
        problem = rules.module(self.module)
        return [f"'{self.module}' {problem}: write tool or tool/version, one per line."] if problem else []

    def add_to_execution_object(self, runtime_processor: Any, execution_object: Any, **unused: Any) -> None:
        """Do nothing: modules are part of the task specification, not of the pod."""


class TextProperty(ElyraProperty):  # type: ignore[misc]
    """A property of notebooks and scripts that is one text of the task specification, not part of the pod.

    Attributes:
        text: what the user entered or chose, "" for the runtime configuration's.
    """

    applies_to_generic = True
    applies_to_custom = False

    _json_data_type = "string"

    def __init__(self, text: str | None = "", **unused: Any) -> None:
        self.text = text or ""

    @classmethod
    def get_single_instance(cls, value: Any | None = None) -> Any:
        """Return the property for what the editor saved, a plain text; None for an empty one."""
        if isinstance(value, cls):
            return value
        instance = cls(cls.strip_if_string(value) if isinstance(value, str) else "")
        return None if instance.should_discard() else instance

    def should_discard(self) -> bool:
        """Ignore what was not entered."""
        return not self.text

    def get_value_for_display(self) -> str:
        """Return what the user entered."""
        return self.text

    def add_to_execution_object(self, runtime_processor: Any, execution_object: Any, **unused: Any) -> None:
        """Do nothing: see the class."""


class NeurodeskStrictness(TextProperty):
    """How a node's task reacts to a missing module or a failed tool: one of `STRICTNESS_CHOICES`."""

    property_id = STRICTNESS
    property_display_name = "Neurodesk Strictness"
    property_description = (
        "What happens when a module cannot be loaded or a tool fails unnoticed. error: the task fails at "
        "that cell. warn: it goes on, and the run page and the record report it. off: no checks."
    )

    @classmethod
    def get_schema(cls) -> dict[str, Any]:
        """Return the JSON schema: a choice that may stay empty."""
        schema: dict[str, Any] = super().get_schema()
        schema["enum"] = list(STRICTNESS_CHOICES)
        schema["uihints"] = {"ui:placeholder": "Use the runtime configuration's"}
        return schema

    def get_all_validation_errors(self) -> list[str]:
        """Return why this is not a valid choice."""
        if self.text in STRICTNESS_CHOICES:
            return []
        return [f"'{self.text}' is not one of {', '.join(STRICTNESS_CHOICES)}."]


class NeurodeskKeepUndeclared(TextProperty):
    """How much a node's task keeps of files that are not among its outputs: see `quantities.parse_limits`."""

    property_id = KEEP_UNDECLARED
    property_display_name = "Keep Undeclared Files"
    property_description = (
        "Files that the node writes and that are not among its output files are kept under undeclared/ where "
        "they are at most this large, and named where not: 20Mi for each file and ten times that in all, "
        "20Mi/500Mi for both, or off. Later nodes do not get them."
    )

    @classmethod
    def get_schema(cls) -> dict[str, Any]:
        """Return the JSON schema: a text that may stay empty."""
        schema: dict[str, Any] = super().get_schema()
        schema["uihints"] = {"ui:placeholder": "Use the runtime configuration's (20Mi)"}
        return schema

    def get_all_validation_errors(self) -> list[str]:
        """Return why this is not a limit."""
        try:
            parse_limits(self.text)
        except InvalidQuantity:
            return [f"'{self.text}' is not a size: write off, 20Mi, or 20Mi/200Mi."]
        return []


PROPERTIES = frozenset({MODULES, STRICTNESS, KEEP_UNDECLARED})


def register() -> None:
    """Let Elyra find the properties: its map of classes may be older than the import of this module."""
    ElyraProperty.build_property_map()
