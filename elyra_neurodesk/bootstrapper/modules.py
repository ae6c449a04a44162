"""Loads the Neurodesk modules that a node declares before the first cell.

Each is looked up in the repository first, by Lmod's own rule; a module that could not run is refused there,
which Lmod alone would not do. Then Lmod loads them, where the image has it; otherwise, or where Lmod fails,
the statements of their files are applied here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from elyra_neurodesk.bootstrapper import cvmfs, lmod
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.modules import containers, modulefile, tree, versions
from elyra_neurodesk.record.model import Module, Status, Via

LMOD: Final = "lmod"
MODULE_FILE: Final = "module file"


class ModuleUnavailable(NeurodeskError):
    """A module that the node declares is not in the repository."""

    code = "ND-MODULE-001"
    hint = "Correct the node's list of modules, or set strict modules to `warn` in the runtime configuration."
    exit_status = 12


class ModuleRetired(ModuleUnavailable):
    """A module that the node declares resolves to a container that Neurodesk has retired.

    Its commands print a notice and exit 0.
    """

    code = "ND-MODULE-002"


class ContainerGone(ModuleUnavailable):
    """A module that the node declares names a container that is not there, or whose image is not."""

    code = "ND-MODULE-003"


@dataclass(frozen=True)
class _Resolved:
    """A module that can be loaded, and its file."""

    module: Module
    file: modulefile.ModuleFile


def load(
    requested: Sequence[str], root: Path, strict: str, environment: Mapping[str, str], log: Log
) -> tuple[list[Module], dict[str, str]]:
    """Make modules available.

    Args:
        requested: ``tool`` or ``tool/version``.
        root: where the repository is.
        strict: how a missing one is treated: ``error``, ``warn`` or ``off``.
        environment: is not changed.
        log: gets a line for each module, and warnings.

    Returns:
        One `Module` per request (and per module that one of them stands for), and the new environment.

    Raises:
        ModuleUnavailable: one cannot be loaded and ``strict`` is ``error``; the log has the others.
    """
    found: list[_Resolved | Module] = []
    problems: list[ModuleUnavailable] = []
    for request in dict.fromkeys(requested):
        try:
            found += _with_required(request, root, environment)
        except ModuleUnavailable as problem:
            problems.append(problem)
            found.append(Module(request, status=_status(problem)))
    if strict == "error" and problems:
        _log_problems(problems[1:], "error", log)
        raise problems[0]
    _log_problems(problems if strict == "warn" else (), "warning", log)
    usable, replaced = _last_of_each_tool([one for one in found if isinstance(one, _Resolved)], log)
    via, new = _apply(usable, root, environment, log)
    modules = []
    for one in found:
        if isinstance(one, Module):
            modules.append(one)
        elif one in replaced:
            modules.append(replace(one.module, status="replaced"))
        else:
            modules.append(replace(one.module, via=via))
            log.say(_line(modules[-1]))
    return modules, new


def resolve(
    request: str, root: Path, environment: Mapping[str, str] | None = None
) -> tuple[Module, modulefile.ModuleFile]:
    """Find one module below ``root``, read its file and look at its container.

    Raises:
        ModuleUnavailable: there is none.
        ModuleRetired: its container was retired.
        ContainerGone: its container, or the container's image, is not there.
    """
    name = versions.split(request)
    tool = tree.find_tool(root, name[0]) if name else None
    wanted = name[1] if name else ""
    version = tool.choose(wanted) if tool else None
    if tool is None or version is None:
        raise ModuleUnavailable(f"the module {request!r} is not in {root}.", _suggestion(root, tool, wanted))
    module = f"{tool.name}/{version}"
    others = replace(tool, files={key: path for key, path in tool.files.items() if key != version})
    hint = _suggestion(root, others, wanted)
    status: Status = "exact" if version == wanted else "other" if wanted else "default"
    try:
        file = modulefile.read(tool.files[version], root, environment)
        if not file.container and file.requires:
            return Module(request, module, status=status), file
        directory = root / "containers" / file.container
        _check(module, directory, file, hint)
    except OSError as problem:
        raise ModuleUnavailable(f"the module {module} cannot be read: {problem.strerror}.", hint) from problem
    really = directory.with_name(Path(os.path.realpath(directory)).name)
    return Module(request, module, str(really), status=status), file


def _check(module: str, directory: Path, file: modulefile.ModuleFile, hint: str) -> None:
    """Refuse a module whose commands would not run.

    Raises:
        ModuleUnavailable: see `resolve`.
        OSError: the container's directory cannot be read.
    """
    if not file.container:
        raise ModuleUnavailable(f"the module {module} puts no container on PATH.", hint)
    state = containers.read_container(directory).state
    if state == containers.RETIRED:
        raise ModuleRetired(
            f"the module {module} resolves to {directory}, which Neurodesk has retired: its commands print a "
            "notice and do nothing.",
            hint,
        )
    if not directory.is_dir():
        raise ContainerGone(f"the module {module} names {directory}, which is not there.", hint)
    if state == containers.GONE or file.refusal:
        raise ContainerGone(f"the image of the module {module} is not in {directory}.", hint)


def _with_required(
    request: str, root: Path, environment: Mapping[str, str], within: tuple[str, ...] = ()
) -> list[_Resolved | Module]:
    """Return a module after those that its file loads, none if it is loading already."""
    module, file = resolve(request, root, environment)
    if module.module in within:
        return []
    found: list[_Resolved | Module] = []
    for name in file.requires:
        found += _with_required(name, root, environment, (*within, module.module))
    return [*found, _Resolved(module, file)]


def _last_of_each_tool(found: Sequence[_Resolved], log: Log) -> tuple[list[_Resolved], list[_Resolved]]:
    """Return those that stay and those that a later version of the same tool replaces, as Lmod has it."""
    last = {one.module.module.partition("/")[0]: one for one in found}
    usable, replaced = [], []
    for one in found:
        winner = last[one.module.module.partition("/")[0]]
        if winner.module.module == one.module.module:
            usable.append(one)
        else:
            replaced.append(one)
            log.say(f"warning: module {one.module.requested} is replaced by {winner.module.requested}")
    return usable, replaced


def _apply(
    usable: Sequence[_Resolved], root: Path, environment: Mapping[str, str], log: Log
) -> tuple[Via, dict[str, str]]:
    """Return how the modules were loaded and the new environment."""
    command = lmod.find(environment) if usable else None
    if command is not None:
        try:
            names = list(dict.fromkeys(one.module.module for one in usable))
            new = lmod.load(names, command, environment, root, cvmfs.timeout_of(environment))
            _check_path(usable, new)
            return LMOD, new
        except lmod.LmodFailed as problem:
            log.say(f"warning: Lmod did not load the modules ({problem}); their files are read instead")
    new = dict(environment)
    for one in usable:
        new = modulefile.apply(one.file.statements, new)
        if not one.file.complete:
            log.say(f"warning: not all that the file of {one.module.module} does could be read")
    return MODULE_FILE, new


def _check_path(usable: Sequence[_Resolved], environment: Mapping[str, str]) -> None:
    """See that Lmod found the same containers.

    Raises:
        LmodFailed: one is not on PATH: Lmod took a module of the same name from elsewhere.
    """
    path = {os.path.realpath(part) for part in environment.get("PATH", "").split(":") if part}
    for one in usable:
        if one.module.container and os.path.realpath(one.module.container) not in path:
            raise lmod.LmodFailed(f"{one.module.module} did not put {one.module.container} on PATH")


def _log_problems(problems: Sequence[ModuleUnavailable], word: str, log: Log) -> None:
    for problem in problems:
        log.say(f"{word}: {problem}")


def _line(module: Module) -> str:
    """Return what the log says of a module."""
    place = f" from {module.container}" if module.container else ""
    if module.status == "other":
        return (
            f"warning: the module {module.requested} is not there as written: "
            f"loaded {module.module}{place} ({module.via})"
        )
    return f"module {module.requested}: {module.module}{place} ({module.via})"


def _status(problem: ModuleUnavailable) -> Status:
    if isinstance(problem, ModuleRetired):
        return "retired"
    return "gone" if isinstance(problem, ContainerGone) else "unknown"


def _suggestion(root: Path, tool: tree.ToolModules | None, wanted: str) -> str:
    """Return what the user may have meant; "" leaves the error's own hint out."""
    if tool is None:
        return ModuleUnavailable.hint
    if tool.files:
        near = versions.near_versions(wanted, tool.files)
        return f"Available: {', '.join(f'{tool.name}/{version}' for version in near)}."
    near = versions.near_tools(tool.name, tree.tool_names(root))
    return f"Similar: {', '.join(near)}." if near else ModuleUnavailable.hint
