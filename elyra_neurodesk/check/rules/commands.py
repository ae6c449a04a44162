"""Commands of Neurodesk tools that nothing has loaded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from elyra_neurodesk.check.readers.events import UNKNOWN, Define, Event, Install, Load, Run, visible
from elyra_neurodesk.check.readers.vocabulary import SYSTEM_COMMANDS
from elyra_neurodesk.check.report import Finding, Severity, finding
from elyra_neurodesk.check.rules.module_uses import Loaded
from elyra_neurodesk.modules.index import ModuleEntry, ModuleIndex

_NEURODESK_IMAGE = re.compile(r"neuro(desktop|command)", re.IGNORECASE)
_NAMED = 3


class CommandJudge:
    """Follows one node's events.

    Args:
        node: its label.
        image: its runtime image. One of Neurodesk's own has none of the tools; any other may.
        index: the module index.
        events: all that the node does.
    """

    def __init__(self, node: str, image: str, index: ModuleIndex, events: Sequence[Event]) -> None:
        self._node = node
        self._index = index
        self._severity: Severity = "error" if _NEURODESK_IMAGE.search(image) else "warning"
        self._events = events
        self._own = {event.name for event in events if isinstance(event, Define)}
        self._installed = [event.package.lower() for event in events if isinstance(event, Install)]
        self._seen: set[tuple[str, str]] = set()
        self.findings: list[Finding] = []

    def see(self, number: int, event: Run, loaded: Loaded) -> None:
        """Judge a command, the event of that number, with what is loaded by then."""
        command = event.words[0]
        key = (event.place.file, command)
        if key in self._seen or command in SYSTEM_COMMANDS or command in self._own:
            return
        if UNKNOWN in command or "/" in command or loaded.is_opaque(event.scope):
            return
        tools = self._index.providers(command)
        if not tools or any(self._provides(entry, command) for entry in loaded.at(event.scope)):
            return
        if any(self._is_installed(name) for name in (command, *tools)):
            return
        self._seen.add(key)
        later = self._later(number, event, command)
        named = " or ".join(tools[:_NAMED]) + (" or another tool" if len(tools) > _NAMED else "")
        same = [entry.name for entry in loaded.at(event.scope) if entry is not None and entry.tool in tools]
        if later is None and same:
            code, what = (
                "ND-CHECK-201",
                f"'{command}' is a command of {named}, and not of {same[-1]}, which is loaded",
            )
        elif later is None:
            code, what = "ND-CHECK-201", f"'{command}' is a command of {named}, which nothing has loaded"
        else:
            where = f"cell {later.place.cell}" if later.place.cell else f"line {later.place.line}"
            code = "ND-CHECK-202"
            what = f"'{command}' is used before '{later.request}' is loaded ({where})"
        self.findings.append(finding(code, self._node, event.place, what, self._severity))

    def _provides(self, entry: ModuleEntry | None, command: str) -> bool:
        """Return whether a loaded module may offer a command; one that is not known may offer any."""
        commands = None if entry is None else self._index.commands(entry)
        return commands is None or command in commands

    def _is_installed(self, name: str) -> bool:
        return any(package == UNKNOWN or name.lower() in package for package in self._installed)

    def _later(self, number: int, run: Run, command: str) -> Load | None:
        """Return the load that comes too late."""
        scopes = set(visible(run.scope))
        for event in self._events[number + 1 :]:
            if isinstance(event, Load) and event.scope in scopes and UNKNOWN not in event.request:
                entry = self._index.resolve(event.request).entry
                if entry is not None and self._provides(entry, command):
                    return event
        return None
