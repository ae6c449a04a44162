"""Verdicts on the modules that a node uses, and what is loaded at each moment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from elyra_neurodesk.check.readers.events import (
    UNKNOWN,
    Event,
    Load,
    Place,
    Scope,
    SetVariable,
    Text,
    Unload,
    UsePath,
    display,
    visible,
)
from elyra_neurodesk.check.report import Finding, ModuleUse, Severity, Verdict, finding
from elyra_neurodesk.modules.index import ModuleEntry, ModuleIndex, Resolution
from elyra_neurodesk.modules.modulefile import DEFAULT_ROOT

_CONTAINER = re.compile(re.escape(DEFAULT_ROOT) + r"/containers/([^/:\s\"';]+)")
_VERDICTS: dict[str, Verdict] = {
    "exact": "ok",
    "other": "other",
    "default": "unversioned",
    "unknown": "unknown",
    "retired": "retired",
    "cannot-tell": "cannot-tell",
}


@dataclass
class Loaded:
    """What is loaded, by scope.

    Attributes:
        entries: tool to module; None for one that cannot be identified.
        opaque: scopes whose ``PATH`` was changed in a way that cannot be seen through.
        foreign: scopes that search other module directories as well.
        ready: scopes whose shells know ``module`` from their start, by ``BASH_ENV``.
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
        """Note that a module is gone, or that all are; what an outer process has loaded stays there."""
        if request:
            self.entries.get(scope, {}).pop(request.partition("/")[0], None)
        else:
            self.entries.pop(scope, None)

    def at(self, scope: Scope) -> list[ModuleEntry | None]:
        """Return what a process has."""
        return [entry for outer in visible(scope) for entry in self.entries.get(outer, {}).values()]

    def is_opaque(self, scope: Scope) -> bool:
        """Return whether a process may find commands that nobody sees here."""
        return any(outer in self.opaque for outer in visible(scope))

    def is_ready(self, scope: Scope) -> bool:
        """Return whether a shell knows ``module`` from its start."""
        return any(outer in self.ready for outer in visible(scope))

    def is_foreign(self, scope: Scope) -> bool:
        """Return whether a process finds modules of others."""
        return any(outer in self.foreign for outer in visible(scope))


class ModuleJudge:
    """Follows one node's events.

    Args:
        node: its label.
        index: the module index.
    """

    def __init__(self, node: str, index: ModuleIndex) -> None:
        self.node = node
        self.index = index
        self.loaded = Loaded()
        self.findings: list[Finding] = []
        self.uses: list[ModuleUse] = []
        self.untold = False
        """Whether a module was used of which the index could say nothing."""
        self._seen: set[tuple[str, int | None, int | None, str]] = set()

    def declared(self, request: str, file: str) -> None:
        """Judge a module that the node declares."""
        self._request(Load(Place(file), request), "is declared")

    def see(self, event: Event) -> None:
        """Take in what happens next."""
        if isinstance(event, Load):
            self._load(event)
        elif isinstance(event, Unload):
            self.loaded.unload(event.scope, event.request)
        elif isinstance(event, UsePath):
            if not event.path.startswith(DEFAULT_ROOT):
                self.loaded.foreign.add(event.scope)
        elif isinstance(event, SetVariable):
            self._variable(event)
        elif isinstance(event, Text) and event.mode != "quiet" and "/containers/" in event.text:
            self._paths(event.text, event)

    def _load(self, event: Load) -> None:
        if UNKNOWN in event.request:
            self.loaded.opaque.add(event.scope)
            if self._first(event.place, event.request):
                what = (
                    f"which module is loaded depends on a variable ('{event.request}'): it cannot be checked"
                )
                self._find("ND-CHECK-106", event.place, what)
                self._use(event.place, event.request.replace(UNKNOWN, "…"), "cannot-tell", None)
        else:
            self._request(event, "is loaded")
        if not event.awaited:
            what = f"the load of module '{display(event.request)}' is not awaited: nothing is loaded"
            self._find("ND-CHECK-108", event.place, what)
        if event.guarded:
            what = f"module '{event.request}' is loaded where a failure is passed over"
            self._find("ND-CHECK-105", event.place, what)
        if (event.via == "bare" and not self.loaded.is_ready(event.scope)) or (event.via and event.lost):
            self._find("ND-CHECK-107", event.place, _hollow(event))

    def _request(self, event: Load, how: str) -> None:
        resolution = self.index.resolve(event.request)
        self.loaded.load(event.scope, event.request, resolution.entry)
        if not self._first(event.place, event.request):
            return
        self.untold = self.untold or resolution.status == "cannot-tell"
        self._use(event.place, event.request, _VERDICTS[resolution.status], resolution.entry)
        found = _judged(resolution, how)
        if found is None:
            return
        code, message = found
        severity: Severity | None = None
        if code == "ND-CHECK-101" and self.loaded.is_foreign(event.scope):
            severity = "warning"
            message += "; another module directory in use may have it"
        if event.guarded and code in ("ND-CHECK-101", "ND-CHECK-102"):
            severity = "warning"
        self._find(code, event.place, message, severity)

    def _variable(self, event: SetVariable) -> None:
        if event.name == "MODULEPATH":
            known = [part for part in event.value.split(":") if part.startswith("/")]
            if any(not part.startswith(DEFAULT_ROOT) for part in known):
                self.loaded.foreign.add(event.scope)
        elif event.name == "BASH_ENV":
            self.loaded.ready.add(event.scope)
        elif event.name == "PATH" and not self._paths(event.value, event, loads=True):
            self.loaded.opaque.add(event.scope)

    def _paths(self, text: str, event: Event, loads: bool = False) -> bool:
        """Judge the container directories in a text; return whether there are any."""
        names = dict.fromkeys(_CONTAINER.findall(text))
        for name in names:
            if name == "modules" or any(char in name for char in "*?[$"):
                continue
            if UNKNOWN in name:
                self.loaded.opaque.add(event.scope)
                if self._first(event.place, name):
                    what = f"which container is used depends on a variable ('{name}'): it cannot be checked"
                    self._find("ND-CHECK-106", event.place, what)
                continue
            entry = self._container(name, event.place)
            if loads:
                tool = name.partition("_")[0]
                self.loaded.load(event.scope, tool, entry)
        return bool(names)

    def _container(self, name: str, place: Place) -> ModuleEntry | None:
        entry = next((entry for entry in self.index.entries if entry.container == name), None)
        if not self._first(place, name):
            return entry
        if self.index.origin.kind == "none":
            self.untold = True
            self._use(place, name, "cannot-tell", None)
            return None
        state = self.index.container(name)
        if state == "ready":
            self._use(place, name, "ok", entry, name)
            return entry
        stem, _, _ = name.rpartition("_")
        tool, _, version = stem.partition("_")
        newer = self.index.resolve(f"{tool}/{version}" if version else tool).entry
        instead = f"; the module {newer.name} is {newer.container} now" if newer and newer.container else ""
        if state == "retired":
            self._use(place, name, "retired", entry, name)
            self._find(
                "ND-CHECK-102", place, f"container '{name}' was retired: its commands do nothing{instead}"
            )
        else:
            self._use(place, name, "unknown", None)
            # a list of tools leaves out what was retired, and older builds
            severity: Severity | None = None if state else "warning"
            self._find("ND-CHECK-101", place, f"container '{name}' is not known{instead}", severity)
        return entry

    def _first(self, place: Place, request: str) -> bool:
        key = (place.file, place.cell, place.line, request)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _use(
        self, place: Place, request: str, verdict: Verdict, entry: ModuleEntry | None, container: str = ""
    ) -> None:
        resolved = entry.name if entry else ""
        directory = container or (entry.container if entry else "")
        use = ModuleUse(self.node, place.file, place.cell, place.line, request, verdict, resolved, directory)
        self.uses.append(use)

    def _find(self, code: str, place: Place, message: str, severity: Severity | None = None) -> None:
        self.findings.append(finding(code, self.node, place, message, severity))


def _judged(resolution: Resolution, how: str) -> tuple[str, str] | None:
    """Return code and message for what a request comes to; None when there is nothing to say."""
    request, entry = resolution.requested, resolution.entry
    near = f"; there is {', '.join(resolution.near)}" if resolution.near else ""
    name = entry.name if entry else ""
    if resolution.status == "unknown":
        return "ND-CHECK-101", f"module '{request}' {how} and does not exist{near}"
    if resolution.status == "retired":
        what = "" if name == request else f", which comes to {name},"
        return (
            "ND-CHECK-102",
            f"module '{request}'{what} {how} and was retired: its commands do nothing{near}",
        )
    if resolution.status == "other":
        return "ND-CHECK-103", f"module '{request}' {how}; there is no such version, it comes to {name}"
    if resolution.status == "default":
        return "ND-CHECK-104", f"module '{request}' {how} without a version, it comes to {name} today"
    return None


def _hollow(event: Load) -> str:
    if event.via == "bare" and event.lost:
        reason = "in a shell of its own, where 'module' is not defined, and whose end undoes it"
    elif event.via == "bare":
        reason = "in a shell where 'module' is not defined unless 'source /usr/share/module.sh' comes first"
    else:
        reason = "in a shell of its own that runs nothing after it: later cells do not see it"
    return f"module '{event.request}' is loaded {reason}"
