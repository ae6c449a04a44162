"""Which of its two addresses an object store answers at from here."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit


def endpoint_from_here(endpoint: str, public_endpoint: str) -> str:
    """Return the object store endpoint to use on this machine.

    Tasks always use ``endpoint``. In a cluster that is often a service name (``minio-service.kubeflow``), which
    means nothing outside; then the public endpoint, a port-forward for example, takes its place here.

    Args:
        endpoint: ``cos_endpoint`` of the runtime configuration, an http(s) URL.
        public_endpoint: ``public_cos_endpoint``, the same as ``endpoint`` when none is set.
    """
    if public_endpoint == endpoint:
        return endpoint
    parts = urlsplit(endpoint)
    try:
        socket.getaddrinfo(parts.hostname, parts.port or parts.scheme)
    except OSError:
        return public_endpoint
    return endpoint
