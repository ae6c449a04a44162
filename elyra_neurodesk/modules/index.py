"""The index of Neurodesk's modules: one answer to "what does this name come to", wherever it is known from.

The mounted tree is authoritative: it is what the task will see. Where there is none, neurocommand's list of
tools is the next best; without either, every answer is "cannot tell".
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from elyra_neurodesk.modules import cache, tree, versions
from elyra_neurodesk.modules.applist import AppList, app_list
from elyra_neurodesk.modules.model import ModuleEntry, Origin, Resolution, Status
from elyra_neurodesk.modules.modulefile import DEFAULT_ROOT
from elyra_neurodesk.modules.timeouts import within

__all__ = ["ModuleEntry", "ModuleIndex", "Origin", "Resolution", "current_index"]

ANSWER_TIMEOUT, SCAN_TIMEOUT = 5.0, 120.0  # seconds: to see that a tree is there, to read all of it
MOST_NEAR = 5

Commands = Mapping[str, Iterable[str]]


class ModuleIndex:
    """All modules that are known.

    Args:
        origin: where they come from.
        entries: in any order.
        defaults: the version that the tree marks as a tool's default.
        hidden: a tool's versions that only an exact request finds.
        states: name of every container directory and whether it can be used (`tree.READY`, …).
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
            containers that were retired, so that only a tree can tell.
        """
        if self.origin.kind == "tree":
            return self._states.get(name, tree.GONE)
        return tree.READY if any(entry.container == name for entry in self.entries) else ""

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
            return tuple(f"{tool}/{version}" for version in versions.near_versions(wanted, usable, MOST_NEAR))
        word = tool or request.partition("/")[0].strip()
        found = dict.fromkeys([*versions.near_tools(word, self.tools), *self.providers(word)])
        return tuple(found)[:MOST_NEAR]


def current_index(
    root: Path | None = None,
    source: str | None = None,
    *,
    refresh: bool = False,
    environment: Mapping[str, str] | None = None,
) -> ModuleIndex:
    """Return the index that is to be had here and now; what is absent is never an error.

    Args:
        root: the repository; ``NEURODESK_CVMFS_ROOT`` or where it is usually mounted when left out.
        source: file or URL of an ``apps.json``; ``NEURODESK_APPS_JSON`` when left out, else the copy of the
            public list that an earlier refresh has kept.
        refresh: read the tree anew, and ask the URL now.
        environment: the process's own when left out.
    """
    variables = os.environ if environment is None else environment
    named = root or variables.get("NEURODESK_CVMFS_ROOT")
    place = Path(named or DEFAULT_ROOT)
    listed = app_list(source or variables.get("NEURODESK_APPS_JSON") or None, variables, refresh)
    folder = cache.directory(variables)
    there = within(ANSWER_TIMEOUT, lambda: tree.is_tree(place))
    if there is None:
        problem = f"{place} does not answer"
    elif there:
        problem = f"{place} took too long to read"
        try:
            read = within(SCAN_TIMEOUT, lambda: _tree_content(place, folder, refresh))
            if read is not None:
                return _from_tree(place, read, folder, listed)
        except OSError as failure:
            problem = f"{place} cannot be read: {failure.strerror}"
    else:
        problem = f"{place} holds no modules" if named else ""
    return _from_list(listed, problem, folder)


def _from_tree(place: Path, content: Mapping[str, Any], folder: Path, listed: AppList) -> ModuleIndex:
    """Make the index of a tree; the list adds the categories and dates that it does not tell."""
    more = {entry.name: entry for entry in listed.entries}
    entries = []
    for tool, version, container, date, categories, retired in content["entries"]:
        entry = ModuleEntry(tool, version, container, date, tuple(categories), bool(retired))
        other = more.get(entry.name)
        if other is not None and not (entry.date and entry.categories):
            entry = replace(
                entry, date=entry.date or other.date, categories=entry.categories or other.categories
            )
        entries.append(entry)
    return ModuleIndex(
        Origin("tree", str(place)),
        entries,
        content["defaults"],
        content["hidden"],
        content["states"],
        lambda: _commands(folder / _commands_name(place)),
    )


def _from_list(listed: AppList, without_tree: str, folder: Path) -> ModuleIndex:
    problem = "; ".join(part for part in (without_tree, listed.problem) if part)
    if not listed.entries:
        return ModuleIndex(Origin("none", listed.place, None, problem))
    origin = Origin("list", listed.place, listed.read, problem)
    # a container's name says which build it is: what a tree once said of its commands stays true
    seen = sorted(folder.glob("commands-*.json"))
    return ModuleIndex(
        origin,
        listed.entries,
        load_commands=lambda: {name: found for path in seen for name, found in _commands(path).items()},
    )


def _tree_content(place: Path, folder: Path, refresh: bool) -> Mapping[str, Any]:
    """Return what the tree holds, from the cache if it has not changed since."""
    path = folder / _commands_name(place).replace("commands-", "tree-")
    mark = tree.fingerprint(place)
    kept = cache.load(path)
    if kept is not None and kept.get("fingerprint") == mark and not refresh:
        return kept
    found = tree.scan(place)
    content = {
        "root": str(place),
        "fingerprint": mark,
        "entries": [
            [tool, version, name, _date(name), sorted(found.tools[tool].categories.get(version, ())),
             bool(name) and found.states[name].state != tree.READY]
            for (tool, version), name in found.containers.items()
        ],
        "defaults": {tool.name: tool.default for tool in found.tools.values() if tool.default},
        "hidden": {tool.name: sorted(tool.hidden) for tool in found.tools.values() if tool.hidden},
        "states": {name: container.state for name, container in found.states.items()},
    }  # fmt: skip
    commands = {name: sorted(container.commands) for name, container in found.states.items()}
    cache.save(folder / _commands_name(place), {"commands": commands})
    cache.save(path, content)
    return content


def _commands(path: Path) -> Commands:
    kept = cache.load(path)
    commands = kept.get("commands") if kept else None
    return commands if isinstance(commands, dict) else {}


def _commands_name(place: Path) -> str:
    return f"commands-{hashlib.sha256(os.fsencode(place)).hexdigest()[:16]}.json"


def _date(container: str) -> str:
    date = container.rpartition("_")[2]
    return date if re.fullmatch(r"\d{8}", date) else ""
