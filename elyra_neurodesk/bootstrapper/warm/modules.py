"""Takes from a forked process the modules that its program has not imported, and gives them back on import.

A kernel forked from a process that has imported papermill has papermill's libraries in memory. As long as its
user has not imported them, `sys.modules` must not have them: a file of the same name in the user's directory
comes first, as it would in a new process.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType


class SetAside:
    """A finder (`sys.meta_path`) that gives back modules which were taken from `sys.modules`.

    A package comes back with all of its modules, as they were: extension modules cannot be loaded twice, and
    two copies of a class would not know each other. It comes back only if a search finds the same file.

    Args:
        modules: the modules by name.
    """

    def __init__(self, modules: dict[str, ModuleType]) -> None:
        self._modules = modules

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return what loads a module that was set aside; None where another file would be found now."""
        module = self._modules.get(name)
        if module is None:
            return None
        found = None
        for finder in sys.meta_path:
            if finder is not self and (found := finder.find_spec(name, path, target)) is not None:
                break
        members = {
            member: self._modules.pop(member)
            for member in [*self._modules]
            if member == name or member.startswith(f"{name}.")
        }
        if found is None or not _is_same(found, module.__spec__):
            return found
        del members[name]
        sys.modules.update(members)
        return importlib.machinery.ModuleSpec(name, _Returned(module, module.__spec__), origin=found.origin)


class _Returned(importlib.abc.Loader):
    """The loader of one module that is in memory."""

    def __init__(self, module: ModuleType, spec: importlib.machinery.ModuleSpec | None) -> None:
        self._module, self._spec = module, spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import system has put its own there


def set_aside(kept: frozenset[str]) -> None:
    """Take every module but ``kept`` from `sys.modules`, with the attributes that parents have of them.

    Modules without a file of this name stay, unless their package goes: nothing can come before them.
    """
    sys.modules.pop("__mp_main__", None)  # multiprocessing's other name of a main module that is gone
    others = {
        name: module
        for name, module in sys.modules.items()
        if name not in kept and name != "__main__" and not name.startswith("encodings.")
    }
    with_file = {name for name, module in others.items() if _has_file(name, module)}
    taken = {
        name: module
        for name, module in others.items()
        if name in with_file or name.partition(".")[0] in with_file
    }
    for name, module in taken.items():
        del sys.modules[name]
        parent, _, child = name.rpartition(".")
        if parent in kept and getattr(sys.modules.get(parent), child, None) is module:
            delattr(sys.modules[parent], child)
    sys.meta_path.insert(0, SetAside(taken))


def _has_file(name: str, module: ModuleType) -> bool:
    """Return whether a module was loaded under this name from a file or directory."""
    spec = getattr(module, "__spec__", None)
    if spec is None or spec.name != name:
        return False
    return bool(spec.has_location or spec.submodule_search_locations is not None)


def _is_same(found: importlib.machinery.ModuleSpec, known: importlib.machinery.ModuleSpec | None) -> bool:
    if known is None or found.origin != known.origin:
        return False
    ours, theirs = known.submodule_search_locations, found.submodule_search_locations
    return [*(ours or ())] == [*(theirs or ())]
