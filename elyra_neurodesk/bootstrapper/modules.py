"""The Neurodesk modules that a node declares: found in the tree and applied before the first cell.

Neurodesk's module files are generated and literal (``prepend_path("PATH", "/cvmfs/…")``), so that reading
them needs no Lua. The choice among versions follows Lmod.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elyra_neurodesk.bootstrapper.cvmfs import DEFAULT_ROOT
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.errors import NeurodeskError

_PLACES = ("containers/modules", "neurodesk-modules/*")  # the canonical place first
_REQUEST = re.compile(r"(?P<tool>[A-Za-z0-9_][\w.+-]*)(?:/(?P<version>[\w.+-]+))?")
_QUOTED = r"""(?:"([^"\n]*)"|'([^'\n]*)')"""
_STATEMENT = re.compile(
    rf"^[ \t]*(prepend_path|append_path|setenv)[ \t]*\(?[ \t]*{_QUOTED}[ \t]*,[ \t]*{_QUOTED}", re.MULTILINE
)


class ModuleUnavailable(NeurodeskError):
    """A module that the node declares is not in the repository."""

    code = "ND-MODULE-001"
    exit_status = 12


@dataclass(frozen=True)
class Statement:
    """One statement of a module file: ``prepend_path``, ``append_path`` or ``setenv``."""

    action: str
    name: str
    value: str


@dataclass(frozen=True)
class Module:
    """A module that was asked for and what it came to; the last two are "" when it is not available.

    Attributes:
        requested: as declared, ``tool`` or ``tool/version``.
        module: ``tool/version``.
        container: the container's directory, ``…/containers/<tool>_<version>_<date>``.
    """

    requested: str
    module: str = ""
    container: str = ""

    def as_record(self) -> dict[str, str]:
        """Return the form in which a task record lists it."""
        return {"requested": self.requested, "module": self.module, "container": self.container}


def load(
    requested: Sequence[str], root: Path, strict: str, environment: Mapping[str, str], log: Log
) -> tuple[list[Module], dict[str, str]]:
    """Resolve the modules one after the other and apply each to the environment.

    Args:
        requested: ``tool`` or ``tool/version``.
        root: where the repository is.
        strict: what a missing one does: ``error``, ``warn`` or ``off``.
        environment: is not changed.
        log: told what was found.

    Returns:
        One `Module` per request, and the new environment.

    Raises:
        ModuleUnavailable: one is missing and ``strict`` is ``error``.
    """
    loaded, new = [], dict(environment)
    for request in requested:
        try:
            module, statements = resolve(request, root)
        except ModuleUnavailable as problem:
            if strict == "error":
                raise
            if strict == "warn":
                log.say(f"warning: {problem}")
            loaded.append(Module(request))
            continue
        new = apply(statements, new)
        loaded.append(module)
        log.say(f"module {request}: {module.module} from {module.container}")
    return loaded, new


def resolve(request: str, root: Path) -> tuple[Module, list[Statement]]:
    """Find one module below ``root`` and read its file.

    Raises:
        ModuleUnavailable: there is none, or the directory that it puts on PATH is not there.
    """
    match = _REQUEST.fullmatch(request)
    files = _files(root, match["tool"]) if match else {}
    version = best_version(list(files), (match["version"] or "") if match else "")
    if match is None or version is None:
        raise ModuleUnavailable(
            f"the module {request!r} is not in {root}.", _suggestion(request, root, files)
        )
    name = f"{match['tool']}/{version}"
    text = files[version].read_text(encoding="utf-8", errors="replace")
    statements = parse(text, DEFAULT_ROOT, str(root))
    on_path = [item.value for item in statements if item.name == "PATH"]
    gone = [path for path in on_path if not Path(path).is_dir()]
    if gone or not on_path:
        what = f"names {gone[0]}, which is not there" if gone else "puts nothing on PATH"
        raise ModuleUnavailable(f"the module {name} {what}.", _suggestion(request, root, files, version))
    return Module(request, name, _container(on_path)), statements


def best_version(versions: Sequence[str], wanted: str) -> str | None:
    """Choose as Lmod does: the exact version, else the highest that begins with its components.

    >>> best_version(["6.0.7.16", "6.0.7.22", "6.0.70"], "6.0.7")
    '6.0.7.22'
    """
    if wanted in versions:
        return wanted
    start = _components(wanted)
    fitting = [version for version in versions if _components(version)[: len(start)] == start]
    return max(fitting, key=_order, default=None)


def parse(text: str, old_root: str, new_root: str) -> list[Statement]:
    """Read a module file's literal statements, translating paths below ``old_root`` to ``new_root``."""
    statements = []
    for action, name, name_too, value, value_too in _STATEMENT.findall(text):
        parts = [_moved(part, old_root, new_root) for part in (value or value_too).split(":")]
        statements.append(Statement(action, name or name_too, ":".join(parts)))
    return statements


def apply(statements: Sequence[Statement], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment after a module's statements; a path that is there already moves."""
    new = dict(environment)
    for item in statements:
        if item.action == "setenv":
            new[item.name] = item.value
            continue
        added = item.value.split(":")
        rest = [part for part in new.get(item.name, "").split(":") if part and part not in added]
        parts = [*added, *rest] if item.action == "prepend_path" else [*rest, *added]
        new[item.name] = ":".join(parts)
    return new


def _moved(path: str, old_root: str, new_root: str) -> str:
    if path == old_root or path.startswith(old_root + "/"):
        return new_root + path[len(old_root) :]
    return path


def _files(root: Path, tool: str) -> dict[str, Path]:
    """Return the tool's module files by version."""
    files: dict[str, Path] = {}
    for place in _PLACES:
        for path in sorted(root.glob(f"{place}/{tool}/*.lua")):
            if not path.name.startswith("."):
                files.setdefault(path.name.removesuffix(".lua"), path)
    return files


def _components(version: str) -> list[str]:
    return [part for part in re.split(r"[.\-_+]", version) if part]


def _order(version: str) -> list[tuple[int, int, str]]:
    """Numbers by value and after words: 2.5.4 > 2.5.rc1, 10 > 9."""
    words = re.findall(r"\d+|[A-Za-z]+", version)
    return [(1, int(word), "") if word.isdigit() else (0, 0, word) for word in words]


def _container(paths: Sequence[str]) -> str:
    for path in paths:
        head, found, tail = path.partition("/containers/")
        if found:
            return f"{head}{found}{tail.split('/')[0]}"
    return paths[0]


def _suggestion(request: str, root: Path, files: Mapping[str, Path], without: str = "") -> str:
    """Return what the user may have meant."""
    tool = request.partition("/")[0]
    versions = sorted((version for version in files if version != without), key=_order)
    if versions:
        return f"Available: {', '.join(f'{tool}/{version}' for version in versions[-5:])}."
    near = difflib.get_close_matches(tool.lower(), sorted(set(_tools(root))), n=3, cutoff=0.6)
    if near:
        return f"Similar: {', '.join(near)}."
    return "Correct the node's list of modules, or set strict modules to `warn` in the runtime configuration."


def _tools(root: Path) -> Iterator[str]:
    for place in _PLACES:
        yield from (path.name for path in root.glob(f"{place}/*"))
