"""Listens on ports of the loopback interface and leads each connection to a pod of its service.

Each connection has a tunnel of its own, so that clients work in parallel. When a pod goes away, the
connections to it break, as they do in the cluster; new ones wait for the next pod.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from elyra_neurodesk.cluster.api import Api, KubernetesForbidden, ObjectNotFound
from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.port_forward.service import PodPort, ServiceUnusable, find_pod
from elyra_neurodesk.port_forward.targets import Target
from elyra_neurodesk.port_forward.tunnel import Dialer, TunnelBroken, relay

if TYPE_CHECKING:
    from tornado.websocket import WebSocketClientConnection

LOOPBACK = "127.0.0.1"
POLL = 5.0
"""Seconds between two looks at the pods behind a service."""

DIAL_WITHIN = 30.0
"""Seconds that a new connection waits for a pod, at most."""

MAX_CONNECTIONS = 400
"""Connections at one time on all ports; a process may often have 1024 files, and each connection is two."""

_BACKLOG = 512
_PAUSE = 0.5
_UNUSABLE = (KubernetesForbidden, ObjectNotFound, ServiceUnusable)

State = Literal["connecting", "forwarding", "waiting"]


class PortTaken(ClusterError):
    """A port that would be forwarded is used by another program."""

    code = "ND-CLUSTER-044"
    hint = (
        "End the program, `elyra-neurodesk cluster connect --stop` if it is that of another runtime "
        "configuration, or name another port in the runtime configuration."
    )


@dataclass(frozen=True)
class Status:
    """What is known of one target.

    Attributes:
        target: which.
        state: ``connecting`` before the cluster has answered, ``forwarding`` when there is a pod, ``waiting``
            when there is none.
        detail: the pod, or why there is none.
    """

    target: Target
    state: State = "connecting"
    detail: str = ""

    def __str__(self) -> str:
        where = f"127.0.0.1:{self.target.port}"
        service = f"{self.target.namespace}/{self.target.service}:{self.target.service_port}"
        if self.state == "forwarding":
            return f"{where} leads to {service} (pod {self.detail})"
        return f"{where} waits for {service}: {self.detail or 'connecting'}"


Listener = Callable[[Status], None]


class Forwarder:
    """Forwards ports until `stop`.

    Args:
        api: of the cluster.
        targets: what is forwarded.
        on_change: is called with each new status of a target.
        poll: seconds between two looks at the pods.
        within: seconds that a new connection waits for a pod.
    """

    def __init__(
        self,
        api: Api,
        targets: Iterable[Target],
        on_change: Listener,
        poll: float = POLL,
        within: float = DIAL_WITHIN,
    ) -> None:
        self._room = asyncio.Semaphore(MAX_CONNECTIONS)
        self._connections: set[asyncio.Task[None]] = set()
        self._last_use = time.monotonic()
        self._stopped = asyncio.Event()
        dialer = Dialer(api.client)
        self._forwards = [_Forward(api, dialer, one, on_change, poll, within) for one in targets]

    @property
    def idle(self) -> float:
        """Seconds since the last connection was open; 0 while one is."""
        return 0.0 if self._connections else time.monotonic() - self._last_use

    def stop(self) -> None:
        """Let `run` end."""
        self._stopped.set()

    async def run(self) -> None:
        """Listen and forward until `stop`.

        Raises:
            PortTaken: a port cannot be listened on.
            KubernetesForbidden, ObjectNotFound, ServiceUnusable: a service can never be reached, as found at
                the start; later on that is a status.
        """
        with ExitStack() as sockets:
            listeners = [sockets.enter_context(_listen(one.target.port)) for one in self._forwards]
            for one in self._forwards:
                await one.first_look()
            tasks: list[asyncio.Task[Any]] = [asyncio.create_task(self._stopped.wait())]
            for listener, one in zip(listeners, self._forwards, strict=True):
                tasks += [asyncio.create_task(self._accept(listener, one)), asyncio.create_task(one.watch())]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in (*tasks, *self._connections):
                    task.cancel()
                await asyncio.gather(*tasks, *self._connections, return_exceptions=True)

    async def _accept(self, listener: socket.socket, forward: _Forward) -> None:
        loop = asyncio.get_running_loop()
        while True:
            # before accepting: connections for which there is no room wait in the kernel
            await self._room.acquire()
            connection, _ = await loop.sock_accept(listener)
            task = asyncio.create_task(forward.serve(connection))
            self._connections.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._connections.discard(task)
        self._last_use = time.monotonic()
        self._room.release()


class _Forward:
    """One target: which pod it leads to now."""

    def __init__(
        self, api: Api, dialer: Dialer, target: Target, on_change: Listener, poll: float, within: float
    ) -> None:
        self.target = target
        self._api = api
        self._dialer = dialer
        self._on_change = on_change
        self._poll = poll
        self._within = within
        self._pod: PodPort | None = None
        self._status = Status(target)
        self._looking = asyncio.Lock()
        self._doubt = asyncio.Event()

    async def first_look(self) -> None:
        """Look for a pod; raises what `Forwarder.run` says."""
        try:
            await self._look()
        except _UNUSABLE:
            raise
        except ClusterError as problem:
            self._set("waiting", problem.message)

    async def watch(self) -> None:
        """Look at the pods every few seconds, and when a connection broke, for ever."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._doubt.wait(), self._poll)
            self._doubt.clear()
            with suppress(ClusterError):  # the status has it
                await self._look()

    async def serve(self, connection: socket.socket) -> None:
        """Lead an accepted connection to a pod until it ends; without a pod, or when it breaks, reset it."""
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            tunnel = await self._dial()
            await relay(reader, writer, tunnel)
            writer.close()
            await writer.wait_closed()
        except TunnelBroken:
            self._pod = None  # perhaps it is gone: the next connection looks for one
            self._doubt.set()
        except (ClusterError, ConnectionError):
            pass  # the status has it; what was closed here needs no word
        finally:
            # a connection that ended well is closed by now; of any other the client must not believe that
            writer.transport.abort()

    async def _dial(self) -> WebSocketClientConnection:
        deadline = time.monotonic() + self._within
        while True:
            try:
                pod = self._pod or await self._look(again=False)
                return await self._dialer.open(pod)
            except ClusterError as problem:
                if isinstance(problem, TunnelBroken):
                    self._pod = None
                    self._set("waiting", problem.message)
                if time.monotonic() + _PAUSE > deadline:
                    raise
            await asyncio.sleep(_PAUSE)

    async def _look(self, again: bool = True) -> PodPort:
        """Return the pod to lead to; without ``again`` one that another connection has found meanwhile."""
        async with self._looking:
            if self._pod is not None and not again:
                return self._pod
            try:
                self._pod = await asyncio.to_thread(find_pod, self._api, self.target)
            except ClusterError as problem:
                self._pod = None
                self._set("waiting", problem.message)
                raise
            self._set("forwarding", self._pod.pod)
            return self._pod

    def _set(self, state: State, detail: str) -> None:
        status = Status(self.target, state, detail)
        if status != self._status:
            self._status = status
            self._on_change(status)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as problem:
        listener.close()
        if problem.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise PortTaken(f"port {port} of {LOOPBACK} cannot be listened on: {problem.strerror}.") from problem
    return listener
