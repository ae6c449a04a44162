"""Starts the embedded backend when the chosen runtime configuration is this machine's and it is down."""

from __future__ import annotations

import os
from collections.abc import Callable

from elyra_neurodesk.elyra_adapter.runtime_configurations import (
    UnknownRuntimeConfiguration,
    chosen_runtime_configuration,
    is_up,
    runtime_configuration,
)
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.settings import THIS_MACHINE, RuntimeConfiguration

Say = Callable[[str], None]


class BackendDown(NeurodeskError):
    """The embedded backend is down, and it is not to be started."""

    code = "ND-LOCAL-041"
    hint = "Type `elyra-neurodesk local up`, or leave out --no-start."


def configuration_to_submit_with(name: str | None, start: bool, say: Say) -> RuntimeConfiguration:
    """Return the chosen configuration, its backend up where it is this machine's.

    Args:
        name: as for `chosen_runtime_configuration`. Where there is no configuration at all, this machine's is
            made.
        start: whether the embedded backend may be started.
        say: is called with one line when it is.

    Raises:
        BackendDown: it is down, and ``start`` is False.
        NeurodeskError: see `chosen_runtime_configuration` and `backend.lifecycle.up`.
    """
    try:
        chosen = chosen_runtime_configuration(name)
    except UnknownRuntimeConfiguration:
        if name not in (None, THIS_MACHINE) or not start:
            raise
        return _started("", say)
    return with_backend_up(chosen, start, say)


def with_backend_up(configuration: RuntimeConfiguration, start: bool, say: Say) -> RuntimeConfiguration:
    """Return a configuration as it is once its embedded backend is up; any other one unchanged.

    Raises:
        BackendDown: it is down, and ``start`` is False.
        NeurodeskError: it cannot be started, see `backend.lifecycle.up`.
    """
    if not configuration.is_this_machine or is_up(configuration):
        return configuration
    if not start:
        raise BackendDown(f"the backend of runtime configuration '{configuration.name}' is down.")
    return _started(configuration.backend_home, say)


def _started(home: str, say: Say) -> RuntimeConfiguration:
    from elyra_neurodesk.backend import lifecycle
    from elyra_neurodesk.backend.home import ENV, find_home
    from elyra_neurodesk.elyra_adapter.registration import register

    # what the environment says now comes before what was registered then
    found = find_home(None if os.environ.get(ENV) else home)
    say("The embedded backend is down: starting it (`elyra-neurodesk local down` stops it).")
    lifecycle.up(found, lifecycle.Options(), _nothing, register)
    return runtime_configuration(THIS_MACHINE)


def _nothing(line: str) -> None:
    """Drop what `lifecycle.up` says: one line is said already."""
