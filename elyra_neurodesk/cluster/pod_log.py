"""The log of a pod's container, read from Kubernetes while the pod is there.

Each request ends: what is new since the last one is asked for by time, so that a log is never read twice and
may be rotated meanwhile. A kubelet keeps the newest file alone (10 MiB by default, ``containerLogMaxSize``).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from elyra_neurodesk.cluster.pods import MAIN
from elyra_neurodesk.cluster.run_pods import TIMEOUT, translated

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

Write = Callable[[bytes], object]
_PATH = "/api/v1/namespaces/{namespace}/pods/{name}/log"
_TIME = re.compile(r"([0-9-]{10}T[0-9:]{8})\.?([0-9]{0,9})(Z|[+-][0-9:]{5})")
_ALL = sys.maxsize
_PIECE = 256 * 1024  # bytes that are passed on at once
_NOT_THERE = (400, 404)
"""Statuses of a container that has not started, and of a pod that is gone."""


@dataclass
class NewLines:
    """Takes lines that begin with their time, and passes on what it has not passed on before, without times.

    Answers may begin with lines of earlier ones, and end within a line, which then comes again as a whole. A
    line has the time of its first part (kubelet, pkg/kubelet/kuberuntime/logs); several may have the same,
    and none is older than the one before.

    Attributes:
        since: where the next answer must begin, in whole seconds (RFC 3339); "" for the beginning.
    """

    since: str = ""
    _last: tuple[datetime, int] = (datetime.min.replace(tzinfo=UTC), 0)  # of the newest line that was begun
    _same: int = 0  # lines of that time that were begun
    _passed: int = 0  # bytes of the last of them that were passed on
    _seen: int = 0  # lines of that time in this answer
    _head: bytes = b""  # of a line, before the end of its time
    _skip: int | None = None  # bytes of the line to pass over; None before its time is known

    def begin(self) -> None:
        """Begin a new answer."""
        self._head, self._skip, self._seen = b"", None, 0

    def add(self, piece: bytes, write: Write) -> None:
        """Take the next piece of an answer."""
        if new := b"".join(map(self._new_of, BytesIO(piece))):
            write(new)

    def _new_of(self, part: bytes) -> bytes:
        """Return what is new of a part of a line, or of a whole one."""
        if self._skip is None:
            time, space, part = (self._head + part).partition(b" ")
            if not space:
                self._head = b"" if time.endswith(b"\n") else time
                return b""
            self._head, self._skip = b"", self._known_bytes(time)
        known = min(self._skip, len(part))
        self._skip -= known
        self._passed += len(part) - known
        if part.endswith(b"\n"):
            self._skip = None
        return part[known:]

    def _known_bytes(self, time: bytes) -> int:
        """Return how many bytes of the line that begins were passed on before."""
        found = _TIME.fullmatch(time.decode("ascii", "replace"))
        if not found:
            return _ALL  # what a kubelet says in place of a log that it has deleted
        second = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
        moment = (second, int(found[2].ljust(9, "0")))
        if moment < self._last:
            return _ALL
        if moment > self._last:
            self.since = second.isoformat()
            self._last, self._same, self._seen = moment, 0, 0
        self._seen += 1
        if self._seen > self._same:
            self._same, self._passed = self._seen, 0
        return self._passed if self._seen == self._same else _ALL


@dataclass
class PodLog:
    """What was passed on of one container's log.

    Attributes:
        client: of the cluster.
        namespace: of the pod.
        name: of the pod.
        container: of the pod.
    """

    client: ApiClient
    namespace: str
    name: str
    container: str = MAIN
    _lines: NewLines = field(default_factory=NewLines)

    def pass_on_new(self, write: Write) -> bool:
        """Pass on what has come since the last call, piece by piece.

        Returns:
            Whether the container has a log; it may be empty.

        Raises:
            ClusterUnreachable, ClusterDenied: what was passed on until then counts.
        """
        from kubernetes.client import ApiException

        query = [("container", self.container), ("timestamps", "true")]
        if self._lines.since:
            # not among the parameters that the client's own method takes
            query.append(("sinceTime", self._lines.since))
        self._lines.begin()
        try:
            answer = self.client.call_api(
                _PATH,
                "GET",
                path_params={"namespace": self.namespace, "name": self.name},
                query_params=query,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _return_http_data_only=True,
                _request_timeout=TIMEOUT,
            )
            for piece in answer.stream(_PIECE):
                self._lines.add(piece, write)
        except ApiException as problem:
            if problem.status in _NOT_THERE:
                return False
            raise translated(problem, self.namespace, self.client.configuration.host) from problem
        except Exception as problem:
            raise translated(problem, self.namespace, self.client.configuration.host) from problem
        return True
