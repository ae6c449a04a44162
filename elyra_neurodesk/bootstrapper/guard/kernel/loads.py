"""Watches module loads: ``load`` of jupyterlmod's ``module`` (5.x) and ``lmod`` (until 4.x) packages.

A failing load prints Lmod's complaint, changes nothing and raises nothing. Here each load is compared with
what it did: LOADEDMODULES, and the directories it put on PATH. The packages are wrapped when the
notebook imports them, not before.
"""

# ruff: noqa: PTH112
from __future__ import annotations

import importlib.abc
import importlib.machinery
import inspect
import os
import sys
import weakref
from collections.abc import Sequence
from typing import Any

from . import notes
from .cell import Cell, report

PACKAGES = ("module", "lmod")


def install(cell: Cell) -> LoadWatch:
    """Wrap the packages' ``load`` when they are imported, or now if they have been."""
    watch = LoadWatch(cell)
    for name in PACKAGES:
        if name in sys.modules:
            watch.wrap_load(sys.modules[name])
    sys.meta_path.insert(0, _Finder(watch))
    return watch


class LoadWatch:
    """The loads of this kernel.

    Args:
        cell: the running cell.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self._waiting: list[tuple[dict[str, Any], Any]] = []

    def wrap_load(self, package: Any) -> None:
        """Replace the package's ``load``, if it is jupyterlmod's."""
        if not (hasattr(package, "MODULE_CMD") or hasattr(package, "LMOD_CMD")):
            return
        original = getattr(package, "load", None)
        if not callable(original) or getattr(original, "neurodesk_guard", False):
            return
        api = getattr(package, "_" + package.__name__, None)
        quiet = getattr(api, "load", None)

        def load(*modules: Any) -> Any:
            state = {"started": False, "modules": modules, "line": self.cell.line(2)}
            coroutine = self._load(state, quiet or original, quiet is not None)
            self._waiting.append((state, weakref.ref(coroutine)))
            return coroutine

        load.__doc__, load.__name__ = original.__doc__, "load"
        load.neurodesk_guard = True  # type: ignore[attr-defined]
        package.load = load

    async def _load(self, state: dict[str, Any], original: Any, prints: bool) -> Any:
        state["started"] = True
        before = dict(os.environ)
        result = original(*state["modules"])
        if inspect.isawaitable(result):
            result = await result
        if prints and result is not None:
            print(result)
        findings: list[dict[str, Any]] = []
        try:
            requests = [str(name) for name in state["modules"] if not str(name).startswith("-")]
            findings = check(requests, before, dict(os.environ), str(result or ""), state["line"])
        except Exception as problem:
            notes.report_internal_error(problem, "module.load")
        report(findings)
        return None if prints else result

    def end_of_cell(self, result: Any) -> None:
        """Report the loads of this cell that were called but never awaited; the host fails the cell."""
        shown = getattr(result, "result", None)
        left = []
        for state, reference in self._waiting:
            coroutine = reference()
            if state["started"]:
                continue
            if coroutine is not None and coroutine is not shown:
                left.append((state, reference))  # the notebook keeps it: it may await it later
                continue
            notes.write(_not_awaited(state))
        self._waiting = left

    def end(self) -> None:
        """Report the loads that were not awaited before the kernel ended."""
        for state, _ in self._waiting:
            if not state["started"]:
                notes.write(_not_awaited(state))
        self._waiting = []


def check(
    requests: Sequence[str], before: dict[str, str], after: dict[str, str], said: str, line: int = 0
) -> list[dict[str, Any]]:
    """Return what is wrong with a load.

    Args:
        requests: module names as written, without options.
        before: the environment before.
        after: the environment after.
        said: what Lmod printed.
        line: line of the cell.
    """
    from .judge import finding

    names = _parts(after, "LOADEDMODULES")
    files = dict(zip(names, _parts(after, "_LMFILES_")))  # noqa: B905 - Python 3.8
    new_paths = [path for path in _parts(after, "PATH") if path not in _parts(before, "PATH")]
    found, loaded = [], []
    for request in requests:
        name = _loaded(request, names)
        command = f"module.load({request!r})"
        if name is None:
            found.append(_no_effect(command, request, said, line))
            continue
        loaded.append(name)
        if "/" in request and name != request and not request.startswith("/"):
            found.append(
                finding(
                    "ND-GUARD-008",
                    command,
                    f"{request} was asked for, {name} was loaded",
                    f"Write {name}, so that a later run loads the same.",
                    "warning",
                    line,
                )
            )
    found.extend(_places(requests, new_paths, line))
    for name in loaded:
        notes.write(
            {
                "loaded": name,
                "file": files.get(name, ""),
                "paths": [path for path in new_paths if _belongs(path, name)],
            }
        )
    return found


def _no_effect(command: str, request: str, said: str, line: int) -> dict[str, Any]:
    from .judge import finding

    words = [text.strip() for text in said.splitlines() if text.strip()]
    reason = f": {' '.join(words[:2])[:300]}" if words else ""
    hint = "`elyra-neurodesk modules search` lists what there is."
    if not os.environ.get("MODULEPATH"):
        hint = "MODULEPATH is empty: no Neurodesk repository is mounted here."
    return finding("ND-GUARD-001", command, f"the module {request} was not loaded{reason}", hint, line=line)


def _places(requests: Sequence[str], new_paths: Sequence[str], line: int) -> list[dict[str, Any]]:
    """Return what is wrong with the directories that a load put on PATH."""
    from .judge import finding
    from .wrappers import retired_container

    command = f"module.load({', '.join(map(repr, requests))})"
    found = []
    for path in new_paths:
        parts = path.split("/")
        if "containers" not in parts:
            continue
        if not os.path.isdir(path):
            found.append(
                finding("ND-GUARD-001", command, f"it put {path} on PATH, which is not there", "", line=line)
            )
        elif retired_container(path):
            found.append(
                finding(
                    "ND-GUARD-003",
                    command,
                    f"the container {parts[-1] or parts[-2]} is retired: its commands only print a notice",
                    "Load another version of the tool.",
                    line=line,
                )
            )
    return found


def _not_awaited(state: dict[str, Any]) -> dict[str, Any]:
    from .judge import finding

    command = f"module.load({', '.join(map(repr, state['modules']))})"
    return finding(
        "ND-GUARD-007",
        command,
        f"{command} was not awaited, so nothing was loaded",
        f"Write `await {command}`.",
        line=state["line"],
    )


def _loaded(request: str, names: Sequence[str]) -> str | None:
    """Return the loaded module that a request resolved to; Lmod completes a version by its components."""
    request = request.rstrip("/")
    if request.endswith(".lua"):
        request = request[: -len(".lua")]
    for name in reversed(names):
        if name == request or (request.startswith("/") and request.endswith("/" + name)):
            return name
    for name in reversed(names):
        if name.startswith(request) and name[len(request) : len(request) + 1] in ("/", ".", "-", "_"):
            return name
    return None


def _parts(environment: dict[str, str], name: str) -> list[str]:
    return [part for part in environment.get(name, "").split(":") if part]


def _belongs(path: str, name: str) -> bool:
    tool, _, version = name.partition("/")
    return f"/{tool}_{version}_" in path


class _Finder(importlib.abc.MetaPathFinder):
    """Finds jupyterlmod's packages as Python does, and has their ``load`` wrapped after the import."""

    def __init__(self, watch: LoadWatch) -> None:
        self._watch = watch

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """Return the ordinary spec with a loader of ours around its own."""
        if fullname not in PACKAGES or path is not None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return None
        watch, execute = self._watch, spec.loader.exec_module

        def exec_module(package: Any) -> None:
            execute(package)
            try:
                watch.wrap_load(package)
            except Exception as problem:
                notes.report_internal_error(problem, f"import {fullname}")

        spec.loader.exec_module = exec_module  # type: ignore[method-assign, assignment]
        return spec
