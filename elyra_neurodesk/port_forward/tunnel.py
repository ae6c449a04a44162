"""A connection to a port of a pod, through the cluster's API server.

The protocol is that of the ``portforward`` subresource over WebSocket, ``v4.channel.k8s.io``: the first byte
of a message is its channel, 0 for data and 1 for an error, and the first message of each channel is the port
(k8s.io/kubelet, pkg/cri/streaming/portforward/websocket.go). Address, certificates and credentials are those
of the ``kubernetes`` client. Its own ``stream.portforward`` is not used: it takes in what is uploaded without
waiting for the cluster, so that a large upload fills the memory and times out, and it fails once a process
has 1024 open files.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import certifi

from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.errors import one_line
from elyra_neurodesk.port_forward.service import PodPort

if TYPE_CHECKING:
    from kubernetes.client import ApiClient
    from tornado.websocket import WebSocketClientConnection

PROTOCOL = "v4.channel.k8s.io"
CONNECT_TIMEOUT = 10.0
"""Seconds until the API server has answered."""

PING = 30.0
"""Seconds between two signs of life on a tunnel; without an answer in that time it is broken."""

_DATA, _ERROR = 0, 1
_CHUNK = 1 << 16
_NORMAL = (1000, 1005)  # close codes of RFC 6455: done, and none given


class TunnelBroken(ClusterError):
    """The connection to a pod could not be made, or broke."""

    code = "ND-CLUSTER-043"


class Dialer:
    """Opens tunnels through one cluster's API server.

    Args:
        client: of the cluster, see `cluster.connection.connect`.
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._tls = _tls(client.configuration)

    async def open(self, where: PodPort) -> WebSocketClientConnection:
        """Connect to a port of a pod.

        Raises:
            TunnelBroken: the API server or the node refuses, or does not answer.
        """
        from tornado.httpclient import HTTPClientError, HTTPRequest
        from tornado.websocket import websocket_connect

        # credentials may come from a program that the kubeconfig names
        headers = await asyncio.to_thread(self._credentials)
        request = HTTPRequest(
            self._url(where),
            headers=headers,
            connect_timeout=CONNECT_TIMEOUT,
            request_timeout=CONNECT_TIMEOUT,
            ssl_options=self._tls,
        )
        try:
            return await websocket_connect(
                request, subprotocols=[PROTOCOL], ping_interval=PING, ping_timeout=PING
            )
        except HTTPClientError as problem:
            said = problem.response.body.decode("utf-8", "replace") if problem.response else ""
            raise TunnelBroken(
                f"pod {where.namespace}/{where.pod}: {one_line(said or str(problem))[:300]}."
            ) from problem
        except (OSError, TimeoutError) as problem:
            raise TunnelBroken(f"pod {where.namespace}/{where.pod}: {one_line(str(problem))}.") from problem

    def _credentials(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        self._client.update_params_for_auth(headers, [], ["BearerToken"])
        return headers

    def _url(self, where: PodPort) -> str:
        host = self._client.configuration.host
        scheme = "wss" if urlsplit(host).scheme == "https" else "ws"
        path = f"/api/v1/namespaces/{quote(where.namespace)}/pods/{quote(where.pod)}/portforward"
        return f"{scheme}://{host.partition('://')[2].rstrip('/')}{path}?ports={where.port}"


def _tls(configuration: Any) -> ssl.SSLContext:
    """Return what the ``kubernetes`` client checks and shows of certificates."""
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or certifi.where())
    if configuration.assert_hostname is False or not configuration.verify_ssl:
        context.check_hostname = False
    if not configuration.verify_ssl:
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context


async def relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tunnel: WebSocketClientConnection
) -> None:
    """Pass bytes in both directions until one side ends; each side waits for the other, so little is held.

    The protocol cannot end one direction alone: when the local side has sent its last byte, the tunnel ends.

    Raises:
        TunnelBroken: the tunnel ended otherwise than by the pod, or the node cannot reach the pod's port.
    """
    directions = [
        asyncio.create_task(_to_pod(reader, tunnel)),
        asyncio.create_task(_from_pod(tunnel, writer)),
    ]
    try:
        done, _ = await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()
    finally:
        for one in directions:
            one.cancel()
        tunnel.close()
        await asyncio.gather(*directions, return_exceptions=True)


async def _to_pod(reader: asyncio.StreamReader, tunnel: WebSocketClientConnection) -> None:
    from tornado.websocket import WebSocketClosedError

    with suppress(ConnectionError):  # the local side has gone
        while data := await reader.read(_CHUNK):
            try:
                await tunnel.write_message(bytes([_DATA]) + data, binary=True)
            except WebSocketClosedError as problem:
                raise TunnelBroken("the connection to the pod ended while it was written to.") from problem


async def _from_pod(tunnel: WebSocketClientConnection, writer: asyncio.StreamWriter) -> None:
    announced: set[int] = set()
    while message := await tunnel.read_message():
        content = message if isinstance(message, bytes) else message.encode()
        channel, data = content[0], content[1:]
        if channel not in announced:  # its port
            announced.add(channel)
        elif channel == _ERROR:
            raise TunnelBroken(f"{one_line(data.decode('utf-8', 'replace'))[:300]}.")
        else:
            writer.write(data)
            with suppress(ConnectionError):
                await writer.drain()
    if tunnel.close_code not in _NORMAL:
        raise TunnelBroken("the connection to the pod broke.")
