"""Verdicts on the modules that a node loads, and on the module containers that it names."""

from __future__ import annotations

import re

from elyra_neurodesk.check.events import (
    UNKNOWN,
    Event,
    LoadModule,
    Location,
    SetVariable,
    UnloadModule,
    UseModulePath,
    UseString,
    display,
)
from elyra_neurodesk.check.report import Finding, ModuleUse, Severity, Verdict, finding
from elyra_neurodesk.check.rules.loaded import LoadedModules
from elyra_neurodesk.modules.index import ModuleEntry, ModuleIndex, Resolution
from elyra_neurodesk.paths import CVMFS_ROOT

_CONTAINER = re.compile(re.escape(CVMFS_ROOT) + r"/containers/([^/:\s\"';]+)")
_VERDICTS: dict[str, Verdict] = {
    "exact": "ok",
    "other": "other",
    "default": "unversioned",
    "unknown": "unknown",
    "retired": "retired",
    "cannot-tell": "cannot-tell",
}


class ModuleRule:
    """Judges what one node loads, event by event.

    Args:
        node: its label.
        index: the module index.

    Attributes:
        loaded: what is loaded after the events so far.
        findings: about modules and containers.
        uses: the modules, in order.
        index_missing: whether a module was used about which the index knows nothing.
    """

    def __init__(self, node: str, index: ModuleIndex) -> None:
        self.loaded = LoadedModules()
        self.findings: list[Finding] = []
        self.uses: list[ModuleUse] = []
        self.index_missing = False
        self._node = node
        self._index = index
        self._seen: set[tuple[Location, str]] = set()

    def declared(self, request: str, file: str) -> None:
        """Judge a module that the node declares, and load it."""
        self._request(LoadModule(Location(file), request), "is declared")

    def see(self, event: Event) -> None:
        """Judge the next event."""
        if isinstance(event, LoadModule):
            self._load(event)
        elif isinstance(event, UnloadModule):
            self.loaded.unload(event.scope, event.request)
        elif isinstance(event, UseModulePath):
            if not event.path.startswith(CVMFS_ROOT):
                self.loaded.foreign.add(event.scope)
        elif isinstance(event, SetVariable):
            self._variable(event)
        elif isinstance(event, UseString) and event.use != "quiet" and "/containers/" in event.text:
            self._containers(event.text, event)

    def _load(self, event: LoadModule) -> None:
        if UNKNOWN in event.request:
            self.loaded.opaque.add(event.scope)
            if self._is_new(event.at, event.request):
                what = (
                    f"which module is loaded depends on a variable ('{event.request}'): it cannot be checked"
                )
                self._find("ND-CHECK-106", event.at, what)
                self._use(event.at, display(event.request), "cannot-tell", None)
        else:
            self._request(event, "is loaded")
        if not event.awaited:
            what = f"the load of module '{display(event.request)}' is not awaited: nothing is loaded"
            self._find("ND-CHECK-108", event.at, what)
        if event.guarded:
            what = f"module '{event.request}' is loaded where a failure is ignored"
            self._find("ND-CHECK-105", event.at, what)
        if (event.via == "bare" and not self.loaded.is_ready(event.scope)) or (event.via and event.lost):
            self._find("ND-CHECK-107", event.at, _without_effect(event))

    def _request(self, event: LoadModule, how: str) -> None:
        resolution = self._index.resolve(event.request)
        self.loaded.load(event.scope, event.request, resolution.entry)
        if not self._is_new(event.at, event.request):
            return
        self.index_missing = self.index_missing or resolution.status == "cannot-tell"
        self._use(event.at, event.request, _VERDICTS[resolution.status], resolution.entry)
        problem = _problem(resolution, how)
        if problem is None:
            return
        code, message = problem
        severity: Severity | None = None
        if code == "ND-CHECK-101" and self.loaded.is_foreign(event.scope):
            severity = "warning"
            message += "; another module directory in use may have it"
        if event.guarded and code in ("ND-CHECK-101", "ND-CHECK-102"):
            severity = "warning"
        self._find(code, event.at, message, severity)

    def _variable(self, event: SetVariable) -> None:
        if event.name == "MODULEPATH":
            known = [part for part in event.value.split(":") if part.startswith("/")]
            if any(not part.startswith(CVMFS_ROOT) for part in known):
                self.loaded.foreign.add(event.scope)
        elif event.name == "BASH_ENV":
            self.loaded.ready.add(event.scope)
        elif event.name == "PATH" and not self._containers(event.value, event, loads=True):
            self.loaded.opaque.add(event.scope)

    def _containers(self, text: str, event: Event, loads: bool = False) -> bool:
        """Judge the container directories in a string; return whether there are any."""
        names = dict.fromkeys(_CONTAINER.findall(text))
        for name in names:
            if name == "modules" or any(char in name for char in "*?[$"):
                continue
            if UNKNOWN in name:
                self.loaded.opaque.add(event.scope)
                if self._is_new(event.at, name):
                    what = f"which container is used depends on a variable ('{name}'): it cannot be checked"
                    self._find("ND-CHECK-106", event.at, what)
                continue
            entry = self._container(name, event.at)
            if loads:
                self.loaded.load(event.scope, name.partition("_")[0], entry)
        return bool(names)

    def _container(self, name: str, at: Location) -> ModuleEntry | None:
        entry = next((entry for entry in self._index.entries if entry.container == name), None)
        if not self._is_new(at, name):
            return entry
        if self._index.origin.kind == "none":
            self.index_missing = True
            self._use(at, name, "cannot-tell", None)
            return None
        state = self._index.container(name)
        if state == "ready":
            self._use(at, name, "ok", entry, name)
            return entry
        stem, _, _ = name.rpartition("_")
        tool, _, version = stem.partition("_")
        newer = self._index.resolve(f"{tool}/{version}" if version else tool).entry
        instead = f"; the module {newer.name} is {newer.container} now" if newer and newer.container else ""
        if state == "retired":
            self._use(at, name, "retired", entry, name)
            what = f"container '{name}' was retired: its commands do nothing{instead}"
            self._find("ND-CHECK-102", at, what)
        else:
            self._use(at, name, "unknown", None)
            # a list of tools lacks retired containers and older builds
            severity: Severity | None = None if state else "warning"
            self._find("ND-CHECK-101", at, f"container '{name}' is not known{instead}", severity)
        return entry

    def _is_new(self, at: Location, request: str) -> bool:
        """Return whether a request is seen for the first time at this location, and remember it."""
        new = (at, request) not in self._seen
        self._seen.add((at, request))
        return new

    def _use(
        self, at: Location, request: str, verdict: Verdict, entry: ModuleEntry | None, container: str = ""
    ) -> None:
        resolved = entry.name if entry else ""
        directory = container or (entry.container if entry else "")
        self.uses.append(
            ModuleUse(self._node, at.file, at.cell, at.line, request, verdict, resolved, directory)
        )

    def _find(self, code: str, at: Location, message: str, severity: Severity | None = None) -> None:
        self.findings.append(finding(code, self._node, at, message, severity))


def _problem(resolution: Resolution, how: str) -> tuple[str, str] | None:
    """Return code and message for what a request resolves to; None where that is as requested."""
    request, entry = resolution.requested, resolution.entry
    near = f"; there is {', '.join(resolution.near)}" if resolution.near else ""
    name = entry.name if entry else ""
    if resolution.status == "unknown":
        return "ND-CHECK-101", f"module '{request}' {how} and does not exist{near}"
    if resolution.status == "retired":
        what = "" if name == request else f", which resolves to {name},"
        return (
            "ND-CHECK-102",
            f"module '{request}'{what} {how} and was retired: its commands do nothing{near}",
        )
    if resolution.status == "other":
        return (
            "ND-CHECK-103",
            f"module '{request}' {how}; this version does not exist, it resolves to {name}",
        )
    if resolution.status == "default":
        return "ND-CHECK-104", f"module '{request}' {how} without a version, it resolves to {name} today"
    return None


def _without_effect(event: LoadModule) -> str:
    if event.via == "bare" and event.lost:
        reason = "in a separate shell, where 'module' is not defined and whose end undoes the load"
    elif event.via == "bare":
        reason = "in a shell where 'module' is not defined unless 'source /usr/share/module.sh' comes first"
    else:
        reason = "in a separate shell that runs nothing after it: it has no effect on later cells"
    return f"module '{event.request}' is loaded {reason}"
