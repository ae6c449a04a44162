"""The node properties that Elyra has a class for, as plain data.

What Elyra's classes make of the values that its editor saves (elyra/pipeline/properties.py), and what its KFP
processor makes of them (elyra/pipeline/kfp/kfp_processor.py, ``add_…``), for values that Elyra's validation
accepts. All others raise `NeedsElyra`, so that what is wrong with them is said by Elyra, in its words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from elyra_neurodesk.pipeline_files.needs_elyra import require
from elyra_neurodesk.quantities import InvalidQuantity, parse_limits
from elyra_neurodesk.validate import rules

ENV, SECRETS, VOLUMES, TOLERATIONS = (
    "env_vars",
    "kubernetes_secrets",
    "mounted_volumes",
    "kubernetes_tolerations",
)
LABELS, ANNOTATIONS = "kubernetes_pod_labels", "kubernetes_pod_annotations"
SHARED_MEMORY, CACHING = "kubernetes_shared_mem_size", "disable_node_caching"
MODULES, STRICTNESS = "neurodesk_modules", "neurodesk_strictness"
KEEP_UNDECLARED = "neurodesk_keep_undeclared"
STRICTNESS_CHOICES = ("error", "warn", "off")

Entry = Mapping[str, Any]
"""One line of a property that is a list: field name to text, None where nothing was entered."""

_EFFECTS = ("", "NoExecute", "NoSchedule", "PreferNoSchedule")
_SELECTIONS = {True: True, "True": True, "true": True, False: False, "False": False, "false": False}


def _is_toleration(entry: Entry) -> bool:
    if (entry["effect"] or "") not in _EFFECTS:
        return False
    return bool(entry["key"]) if entry["operator"] == "Equal" else _is_existence(entry)


def _is_existence(entry: Entry) -> bool:
    return entry["operator"] == "Exists" and not entry["value"]


@dataclass(frozen=True)
class ListProperty:
    """A property that is a list.

    Attributes:
        fields: of an entry, in Elyra's order.
        key: fields by which entries are told apart; of two with the same key, the later counts.
        content: an entry in which all of these are empty is left out; () where none is.
        accepted: whether Elyra's validation finds nothing wrong with an entry.
    """

    fields: tuple[str, ...]
    key: tuple[str, ...]
    content: tuple[str, ...]
    accepted: Callable[[Entry], bool]

    def entries(self, value: Any) -> dict[str, Entry]:
        """Return what the editor saved, by key.

        Raises:
            NeedsElyra: it is not a list of objects of texts, or Elyra would refuse an entry.
        """
        found: dict[str, Entry] = {}
        for item in value or ():
            entry = {field: stripped(item.get(field)) for field in self.fields}
            if self.content and not any(entry[field] for field in self.content):
                continue
            require(all(self._is_text(*pair) for pair in entry.items()), f"entry {item}")
            require(self.accepted(entry), f"entry {item}")
            found[self._key(entry)] = entry
        return found

    def _is_text(self, field: str, value: Any) -> bool:
        return value is None or isinstance(value, bool if field == "read_only" else str)

    def _key(self, entry: Entry) -> str:
        """Return Elyra's key (``get_key_for_dict_entry``)."""
        last = self.key[-1]
        return "".join(
            entry[field] if field == last else f"{entry[field]}:" for field in self.key if entry[field]
        )


def _fits(rule: rules.Rule, text: str | None) -> bool:
    return not rule(text or "")


LISTS: Mapping[str, ListProperty] = {
    ENV: ListProperty(
        ("env_var", "value"), ("env_var",), ("value",), lambda one: _fits(rules.variable_name, one["env_var"])
    ),
    SECRETS: ListProperty(
        ("env_var", "name", "key"),
        ("env_var",),
        (),
        lambda one: (
            bool(one["env_var"])
            and _fits(rules.secret_name, one["name"])
            and _fits(rules.secret_key, one["key"])
        ),
    ),
    VOLUMES: ListProperty(
        ("path", "pvc_name", "sub_path", "read_only"),
        ("path",),
        ("path", "pvc_name", "sub_path"),
        lambda one: (
            bool(one["path"])
            and _fits(rules.claim_name, one["pvc_name"])
            and _fits(rules.sub_path, one["sub_path"])
        ),
    ),
    ANNOTATIONS: ListProperty(("key", "value"), ("key",), (), lambda one: _fits(rules.label_key, one["key"])),
    LABELS: ListProperty(
        ("key", "value"),
        ("key",),
        (),
        lambda one: _fits(rules.label_key, one["key"]) and _fits(rules.label_value, one["value"]),
    ),
    TOLERATIONS: ListProperty(
        ("key", "operator", "value", "effect"), ("key", "operator", "value", "effect"), (), _is_toleration
    ),
    MODULES: ListProperty(
        ("module",), ("module",), ("module",), lambda one: _fits(rules.module, one["module"])
    ),
}

GENERIC = (*LISTS, SHARED_MEMORY, STRICTNESS, KEEP_UNDECLARED)
"""Properties of notebooks and scripts."""

CATALOG = (VOLUMES, ANNOTATIONS, LABELS, TOLERATIONS, SHARED_MEMORY, CACHING)
"""Properties of nodes of a component catalog."""


def read_property(name: str, value: Any) -> Any:
    """Return the value of one of the properties above; None, or an empty dictionary, where there is none.

    A list becomes a dictionary of its entries by their key.

    Raises:
        NeedsElyra: Elyra's validation would refuse it, or might.
    """
    if name in LISTS:
        require(value is None or isinstance(value, list), f"property {name}")
        return LISTS[name].entries(value)
    return _SINGLE[name](value)


def _shared_memory(value: Any) -> Mapping[str, Any] | None:
    require(value is None or isinstance(value, dict), f"property {SHARED_MEMORY}")
    size, units = ((value or {}).get(field) for field in ("size", "units"))
    if not size:
        return None
    require(isinstance(size, int | float) and size > 0 and size is not True, f"shared memory of {size}")
    require(units in (None, "", "G"), f"units {units}")
    return {"size": size, "units": "G"}


def _caching(value: Any) -> bool | None:
    """Return whether KFP's cache is not to be used."""
    if value is None or value == "":
        return None
    require(isinstance(value, bool | str) and value in _SELECTIONS, f"property {CACHING}")
    return _SELECTIONS[value]


def _strictness(value: Any) -> str | None:
    text = _text(value)
    require(not text or text in STRICTNESS_CHOICES, f"property {STRICTNESS}")
    return text or None


def _keep_undeclared(value: Any) -> str | None:
    text = _text(value)
    try:
        parse_limits(text or "off")
    except InvalidQuantity:
        require(False, f"property {KEEP_UNDECLARED}")
    return text or None


_SINGLE: Mapping[str, Callable[[Any], Any]] = {
    SHARED_MEMORY: _shared_memory,
    CACHING: _caching,
    STRICTNESS: _strictness,
    KEEP_UNDECLARED: _keep_undeclared,
}


def merged(name: str, own: Any, default: Any) -> Any:
    """Return a node's property with the pipeline's default for it; of entries with one key, the node's."""
    return {**default, **own} if name in LISTS else (default if own is None else own)


def modifiers(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return Elyra's "execution object" of a node (`graph.pipeline.Modifiers`).

    Args:
        properties: what `read_property` returned, by name.
    """

    def entries(name: str) -> list[Entry]:
        return list(properties.get(name, {}).values())

    disabled = properties.get(CACHING)
    found = {
        "kubernetes_secrets": {
            one["env_var"]: {"name": one["name"], "key": one["key"]} for one in entries(SECRETS)
        },
        "kubernetes_volumes": {
            mount_path(one): {
                "pvc_name": one["pvc_name"],
                "sub_path": one["sub_path"],
                "read_only": one["read_only"] or False,
            }
            for one in entries(VOLUMES)
        },
        "pod_annotations": {one["key"]: one["value"] or "" for one in entries(ANNOTATIONS)},
        "pod_labels": {one["key"]: one["value"] or "" for one in entries(LABELS)},
        "kubernetes_tolerations": {_toleration_id(one): dict(one) for one in entries(TOLERATIONS)},
        SHARED_MEMORY: properties.get(SHARED_MEMORY),
    }
    chosen = {} if disabled is None else {"disable_node_caching": disabled}
    return {**{name: value for name, value in found.items() if value}, **chosen}


def mount_path(volume: Entry) -> str:
    """Return where a volume is mounted."""
    return f"/{volume['path'].strip('/')}"


def _toleration_id(one: Entry) -> str:
    text = f"{one['key']}::{one['operator']}::{one['value']}::{one['effect']}"
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> str:
    require(value is None or isinstance(value, str), f"value {value!r}")
    return (value or "").strip()


def stripped(value: Any) -> Any:
    """Return a value as Elyra takes it: texts without blanks at their ends."""
    return value.strip() if isinstance(value, str) else value
