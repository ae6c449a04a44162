"""Forwarding ports when a command needs them; imports next to nothing for those that do not."""

from __future__ import annotations

from collections.abc import Callable

from elyra_neurodesk.settings import RuntimeConfiguration

Say = Callable[[str], None]


def ensure_forwarded(configuration: RuntimeConfiguration, say: Say) -> None:
    """Start the process of a configuration that forwards ports on demand, unless it runs; wait until ready.

    Args:
        configuration: one without ``port_forward: on-demand`` is left alone.
        say: is called with one line when the process is started.

    Raises:
        NeurodeskError: see `background.start`.
    """
    if configuration.forwards_ports:
        from elyra_neurodesk.port_forward.background import start

        start(configuration, configuration.kube_context, say)
