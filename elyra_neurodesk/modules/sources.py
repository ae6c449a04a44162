"""Makes the index from what is there: the mounted repository, else neurocommand's list of tools.

The mounted repository is authoritative: it is what the task will see. Without it and without a list, every
answer of the index is "cannot tell".
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from elyra_neurodesk.modules import cache, containers, tree
from elyra_neurodesk.modules.applist import AppList, app_list
from elyra_neurodesk.modules.fingerprint import fingerprint
from elyra_neurodesk.modules.index import Commands, ModuleIndex
from elyra_neurodesk.modules.model import ModuleEntry, Origin
from elyra_neurodesk.modules.timeouts import read_with_timeout, run_with_timeout
from elyra_neurodesk.paths import CVMFS_ROOT

ANSWER_TIMEOUT, SCAN_TIMEOUT = 5.0, 120.0  # seconds: to see that a tree is there, to read all of it


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
    place = Path(named or CVMFS_ROOT)
    listed = app_list(source or variables.get("NEURODESK_APPS_JSON") or None, variables, refresh)
    folder = cache.directory(variables)
    there = read_with_timeout(ANSWER_TIMEOUT, place, lambda: tree.is_tree(place))
    if there is None:
        problem = f"{place} does not answer"
    elif there:
        problem = f"{place} took too long to read"
        try:
            read = run_with_timeout(SCAN_TIMEOUT, lambda: _tree_content(place, folder, refresh))
            if read is not None:
                return _from_tree(place, read, folder, listed)
        except OSError as failure:
            problem = f"{place} cannot be read: {failure.strerror}"
    else:
        problem = f"{place} holds no modules" if named else ""
    return _from_list(listed, problem, folder)


def _from_tree(place: Path, content: Mapping[str, Any], folder: Path, listed: AppList) -> ModuleIndex:
    """Make the index of a tree; the list adds categories and dates that it lacks."""
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
    mark = fingerprint(place)
    kept = cache.load(path)
    if kept is not None and kept.get("fingerprint") == mark and not refresh:
        return kept
    found = tree.scan(place)
    content = {
        "root": str(place),
        "fingerprint": mark,
        "entries": [
            [tool, version, name, _date(name), sorted(found.tools[tool].categories.get(version, ())),
             bool(name) and found.states[name].state != containers.READY]
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
