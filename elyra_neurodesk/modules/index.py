"""The index of Neurodesk's modules: resolves a name as Lmod would, and knows each module's commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from elyra_neurodesk.modules import versions
from elyra_neurodesk.modules.containers import GONE, READY
from elyra_neurodesk.modules.model import ModuleEntry, Origin, Resolution, Status

__all__ = ["Commands", "ModuleEntry", "ModuleIndex", "Origin", "Resolution"]

MAX_NEAR = 5

Commands = Mapping[str, Iterable[str]]


class ModuleIndex:
    """All modules that are known.

    Args:
        origin: where they come from.
        entries: in any order.
        defaults: the version that the tree marks as a tool's default.
        hidden: a tool's versions that only an exact request finds.
        states: name of every container directory and whether it can be used (`containers.READY`, …).
        load_commands: gives the commands of every container, by its directory's name; called when needed.
    """

    def __init__(
        self,
        origin: Origin,
        entries: Iterable[ModuleEntry] = (),
        defaults: Mapping[str, str] | None = None,
        hidden: Mapping[str, Iterable[str]] | None = None,
        states: Mapping[str, str] | None = None,
        load_commands: Callable[[], Commands] = dict,
    ) -> None:
        self.origin = origin
        self._defaults, self._hidden, self._states = defaults or {}, hidden or {}, states or {}
        self._load_commands = load_commands
        self._resolved: dict[str, Resolution] = {}
        self._tools: dict[str, dict[str, ModuleEntry]] = {}
        for entry in entries:
            self._tools.setdefault(entry.tool, {})[entry.version] = entry

    @cached_property
    def entries(self) -> tuple[ModuleEntry, ...]:
        """All modules, by tool, each tool's in Lmod's order."""
        return tuple(entry for tool in self.tools for entry in self.versions(tool))

    @cached_property
    def tools(self) -> tuple[str, ...]:
        """The names of all tools, sorted without regard to case."""
        return tuple(sorted(self._tools, key=lambda name: (name.lower(), name)))

    def versions(self, tool: str) -> tuple[ModuleEntry, ...]:
        """Return a tool's modules from the lowest to the highest version; none if there is no such tool."""
        found = self._tools.get(tool, {})
        return tuple(found[version] for version in versions.in_order(found))

    def resolve(self, request: str) -> Resolution:
        """Return what Lmod would load for ``tool`` or ``tool/version``."""
        if request not in self._resolved:
            self._resolved[request] = self._resolve(request)
        return self._resolved[request]

    def commands(self, entry: ModuleEntry) -> frozenset[str] | None:
        """Return the commands that a module offers, None where they are not known."""
        found = self._commands.get(entry.container)
        return None if found is None else frozenset(found)

    def providers(self, command: str) -> tuple[str, ...]:
        """Return the tools that are known to offer a command, sorted; none when nothing is known."""
        return self._providers.get(command, ())

    def container(self, name: str) -> str:
        """Return the state of the container directory ``<tool>_<version>_<date>``.

        Returns:
            ``ready``, ``retired`` or ``gone``; "" where that is not known. A list of tools leaves out the
            containers that were retired: only a tree has them.
        """
        if self.origin.kind == "tree":
            return self._states.get(name, GONE)
        return READY if any(entry.container == name for entry in self.entries) else ""

    def _resolve(self, request: str) -> Resolution:
        if self.origin.kind == "none":
            return Resolution(request, "cannot-tell")
        tool, wanted = versions.split(request) or ("", "")
        known = self._tools.get(tool, {})
        chosen = versions.choose(known, wanted, self._defaults.get(tool, ""), self._hidden.get(tool, ()))
        if chosen is None:
            return Resolution(request, "unknown", near=self._near(request, tool, wanted))
        entry = known[chosen]
        if entry.retired:
            return Resolution(request, "retired", entry, self._near(request, tool, wanted))
        status: Status = "exact" if chosen == wanted else "other" if wanted else "default"
        return Resolution(request, status, entry)

    @cached_property
    def _commands(self) -> Commands:
        return self._load_commands()

    @cached_property
    def _providers(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for entry in self.entries:
            for command in () if entry.retired else self._commands.get(entry.container, ()):
                found.setdefault(command, {})[entry.tool] = None
        return {command: tuple(tools) for command, tools in found.items()}

    def _near(self, request: str, tool: str, wanted: str) -> tuple[str, ...]:
        """Return names that may be meant: the tool's versions nearest to the one asked for, else tools."""
        usable = [entry.version for entry in self.versions(tool) if not entry.retired]
        if usable:
            return tuple(f"{tool}/{version}" for version in versions.near_versions(wanted, usable, MAX_NEAR))
        word = tool or request.partition("/")[0].strip()
        found = dict.fromkeys([*versions.near_tools(word, self.tools), *self.providers(word)])
        return tuple(found)[:MAX_NEAR]
