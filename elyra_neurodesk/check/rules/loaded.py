"""Which modules are loaded, by process, at a moment of the execution."""

from __future__ import annotations

from dataclasses import dataclass, field

from elyra_neurodesk.check.events import Scope, visible
from elyra_neurodesk.modules.index import ModuleEntry


@dataclass
class LoadedModules:
    """What is loaded, by scope.

    Attributes:
        entries: tool to module; None for one that cannot be identified.
        opaque: scopes whose ``PATH`` was changed in a way that cannot be followed.
        foreign: scopes that search other module directories as well.
        ready: scopes whose shells define ``module`` at their start, by ``BASH_ENV``.
    """

    entries: dict[Scope, dict[str, ModuleEntry | None]] = field(default_factory=dict)
    opaque: set[Scope] = field(default_factory=set)
    foreign: set[Scope] = field(default_factory=set)
    ready: set[Scope] = field(default_factory=set)

    def load(self, scope: Scope, request: str, entry: ModuleEntry | None) -> None:
        """Note a module; it replaces another one of the same tool."""
        tool = entry.tool if entry else request.partition("/")[0]
        self.entries.setdefault(scope, {})[tool] = entry

    def unload(self, scope: Scope, request: str) -> None:
        """Note that a module was unloaded, or all; what an outer process has loaded stays there."""
        if request:
            self.entries.get(scope, {}).pop(request.partition("/")[0], None)
        else:
            self.entries.pop(scope, None)

    def at(self, scope: Scope) -> list[ModuleEntry | None]:
        """Return what a process has."""
        return [entry for outer in visible(scope) for entry in self.entries.get(outer, {}).values()]

    def is_opaque(self, scope: Scope) -> bool:
        """Return whether a process may find commands that the check cannot see."""
        return any(outer in self.opaque for outer in visible(scope))

    def is_ready(self, scope: Scope) -> bool:
        """Return whether a shell defines ``module`` at its start."""
        return any(outer in self.ready for outer in visible(scope))

    def is_foreign(self, scope: Scope) -> bool:
        """Return whether a process searches other module directories."""
        return any(outer in self.foreign for outer in visible(scope))
