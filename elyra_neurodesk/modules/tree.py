"""Reads a Neurodesk repository: which tools and versions there are, and the module file of each.

The layout is neurocommand's: ``neurodesk-modules/<category>/<tool>/<version>.lua`` is what sessions have on
MODULEPATH, ``containers/modules/<tool>/`` the same without categories.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from elyra_neurodesk.modules import modulefile, versions
from elyra_neurodesk.modules.containers import ContainerState, read_container

CANONICAL = "containers/modules"
CATEGORIES = "neurodesk-modules"
_READERS = 16  # a file of CVMFS that is not cached is a round trip to a server
_LINE = re.compile(
    r"""^[ \t]*(?:
        module_version[ \t]*\(?[ \t]*["'](?P<lua>[^"'\n]+)["'][ \t]*,[ \t]*["']default["']
      | module-version[ \t]+(?P<tcl>\S+)[ \t]+default\b
      | set[ \t]+ModulesVersion[ \t]+"?(?P<version>[^"\s]+)
      | hide_(?:version|modulefile)[ \t]*\(?[ \t]*["'](?P<hidden>[^"'\n]+)["']
      | hide-version[ \t]+(?P<hide>\S+)
    )""",
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True)
class ToolModules:
    """The modules of one tool.

    Attributes:
        name: of the tool.
        files: module file of each version.
        categories: of each version, in the tree's spelling (``structural_imaging``).
        default: the version that the tree marks, "" if none.
        hidden: versions that only an exact request finds.
    """

    name: str
    files: Mapping[str, Path]
    categories: Mapping[str, tuple[str, ...]]
    default: str = ""
    hidden: frozenset[str] = frozenset()

    def choose(self, wanted: str) -> str | None:
        """Return the version that a request resolves to; see `versions.choose`."""
        return versions.choose(self.files, wanted, self.default, self.hidden)


@dataclass(frozen=True)
class RepositoryScan:
    """All of a repository.

    Attributes:
        tools: by name.
        containers: name of the container directory that each module file (tool, version) puts on PATH.
        states: every container directory, also those that no module names any more.
    """

    tools: Mapping[str, ToolModules]
    containers: Mapping[tuple[str, str], str]
    states: Mapping[str, ContainerState]


def is_tree(root: Path) -> bool:
    """Say whether module files can be read below ``root``."""
    return any(True for part in (CATEGORIES, CANONICAL) for _ in subdirectories(root / part))


def subdirectories(folder: Path) -> list[Path]:
    """Return the directories in a folder, sorted; hidden ones are left out, a missing folder has none."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.name[0] != "." and entry.is_dir())
    except OSError:
        return []


def find_tool(root: Path, name: str) -> ToolModules:
    """Read the names of one tool's modules; it has no files if there is no such tool."""
    places = [category / name for category in subdirectories(root / CATEGORIES)]
    present = [place for place in places if place.is_dir()] or [root / CANONICAL / name]
    return _tool(name, present)


def tool_names(root: Path) -> list[str]:
    """Return the names of all tools, sorted."""
    return sorted(_places(root))


def scan(root: Path) -> RepositoryScan:
    """Read the whole repository: every module file, every container's state and commands.

    Raises:
        OSError: something of it cannot be read: a mount that is failing.
    """
    tools = {
        name: tool for name, places in sorted(_places(root).items()) if (tool := _tool(name, places)).files
    }
    modules = [(tool.name, version, path) for tool in tools.values() for version, path in tool.files.items()]
    with ThreadPoolExecutor(_READERS) as pool:
        # only reading gains by threads; what Python does with a text, threads would do more slowly
        texts = pool.map(modulefile.read_text, (path for _, _, path in modules))
        named = [
            modulefile.container(text, path, root) for text, (_, _, path) in zip(texts, modules, strict=True)
        ]
        existing = {path.name for path in subdirectories(root / "containers") if path.name != "modules"}
        every = sorted(existing | set(named) - {""})
        states = list(pool.map(lambda name: read_container(root / "containers" / name), every))
    containers = {(tool, version): name for (tool, version, _), name in zip(modules, named, strict=True)}
    return RepositoryScan(tools, containers, dict(zip(every, states, strict=True)))


def _places(root: Path) -> dict[str, list[Path]]:
    """Return each tool's directories as Lmod would see them: by category, else the canonical one."""
    places: dict[str, list[Path]] = {}
    for category in subdirectories(root / CATEGORIES):
        for place in subdirectories(category):
            places.setdefault(place.name, []).append(place)
    for place in subdirectories(root / CANONICAL):
        places.setdefault(place.name, [place])
    return places


def _tool(name: str, places: Iterable[Path]) -> ToolModules:
    files: dict[str, Path] = {}
    categories: dict[str, list[str]] = {}
    default, hidden = "", set()
    for place in places:
        names = _file_names(place)
        for version, path in _versions(place, names):
            files.setdefault(version, path)
            if place.parent.parent.name == CATEGORIES:
                categories.setdefault(version, []).append(place.parent.name)
        marked, unseen = _marks(place, names)
        default = default or marked
        hidden |= unseen
    return ToolModules(
        name,
        files,
        {version: tuple(found) for version, found in categories.items()},
        default if default in files else "",
        frozenset(hidden),
    )


def _file_names(place: Path) -> list[str]:
    try:
        return sorted(path.name for path in place.iterdir())
    except OSError:
        return []


def _versions(place: Path, names: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield what Lmod takes for a module file (``DirTree.lua``); the Lua one of two goes first."""
    for name in names:
        if name in ("default", ".lua") or name.startswith(("#", "__", ".modulerc", ".version", ".git")):
            continue
        if name.endswith((".lua", "~", "#", ".swp")):
            if name.endswith(".lua") and not name.startswith(".#"):
                yield name[: -len(".lua")], place / name
        elif f"{name}.lua" not in names and _read_head(place / name, 20).startswith("#%Module"):
            yield name, place / name


def _marks(place: Path, names: list[str]) -> tuple[str, set[str]]:
    """Return the version marked as default and the hidden ones; of several marks the first kind counts."""
    default, hidden = "", set()
    for name in ("default", ".modulerc.lua", ".modulerc", ".version"):
        if name not in names:
            continue
        found = ""
        if name == "default":
            found = (place / name).readlink().name if (place / name).is_symlink() else ""
        else:
            for match in _LINE.finditer(_read_head(place / name)):
                found = found or match["lua"] or match["tcl"] or match["version"] or ""
                hidden.add(_version(match["hidden"] or match["hide"] or ""))
        default = default or _version(found)
    return default, hidden - {""}


def _version(text: str) -> str:
    """Return the version in ``6.0.4``, ``/6.0.4``, ``fsl/6.0.4`` or ``6.0.4.lua``."""
    name = text.rpartition("/")[2]
    return name[: -len(".lua")] if name.endswith(".lua") else name


def _read_head(path: Path, size: int = 4096) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(size).decode(errors="replace")
    except OSError:
        return ""
