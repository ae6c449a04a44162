"""Which ports a runtime configuration wants forwarded: those that it names on the loopback interface."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.cluster.facts import KFP_SERVER
from elyra_neurodesk.cluster.services import service_of
from elyra_neurodesk.settings import LOOPBACK, RuntimeConfiguration

KFP_UI = "ml-pipeline-ui"
KFP_API_PORT = 8888
KFP_UI_PORT = 80
"""Ports of KFP's services (manifests/kustomize/base/pipeline of kubeflow/pipelines)."""

_UI_PATH = "/pipeline"  # below it, KFP's user interface passes on to the API
_DEFAULT_PORTS = {"http": 80, "https": 443}


class NothingToForward(ClusterError):
    """The runtime configuration names no address of this machine that a port could be forwarded from."""

    code = "ND-CLUSTER-040"
    hint = (
        "Set api_endpoint and public_cos_endpoint to http://127.0.0.1:PORT, or write the configuration with "
        "`elyra-neurodesk cluster apply`."
    )


@dataclass(frozen=True)
class Target:
    """A port of the loopback interface and where it leads.

    Attributes:
        port: here.
        namespace: of the service.
        service: its name.
        service_port: its port.
    """

    port: int
    namespace: str
    service: str
    service_port: int

    def __str__(self) -> str:
        return f"{self.port}={self.namespace}/{self.service}:{self.service_port}"

    @classmethod
    def parse(cls, text: str) -> Target:
        """Return the target that ``str`` has written.

        Raises:
            ValueError: it is something else.
        """
        found = re.fullmatch(r"(\d+)=([^/:=]+)/([^/:=]+):(\d+)", text)
        if not found:
            raise ValueError(f"'{text}' is not PORT=NAMESPACE/SERVICE:PORT")
        return cls(int(found[1]), found[2], found[3], int(found[4]))


def targets(configuration: RuntimeConfiguration) -> tuple[Target, ...]:
    """Return what is to be forwarded: KFP's API, its user interface and the object store.

    Each is, where its address as seen from here (``api_endpoint``, ``public_api_endpoint``,
    ``public_cos_endpoint``) is on the loopback interface; the object store also needs a ``cos_endpoint`` that
    names a service, which is how tasks reach it.

    Raises:
        NothingToForward: there is none.
    """
    found: dict[int, Target] = {}
    for target in _targets(configuration):
        found.setdefault(target.port, target)
    if not found:
        raise NothingToForward(
            f"runtime configuration '{configuration.name}' has no address of this machine for KFP or the "
            "object store."
        )
    return tuple(found.values())


def _targets(configuration: RuntimeConfiguration) -> Iterator[Target]:
    if configuration.stores_in_directory:  # the embedded backend is on this machine
        return
    namespace = configuration.kfp_namespace
    for endpoint in (configuration.api_endpoint, configuration.public_api_endpoint):
        if here := _local(endpoint):
            port, path = here
            api = endpoint == configuration.api_endpoint and not path.startswith(_UI_PATH)
            service, service_port = (KFP_SERVER, KFP_API_PORT) if api else (KFP_UI, KFP_UI_PORT)
            yield Target(port, namespace, service, service_port)
    address = _local(configuration.public_object_store_endpoint)
    store = service_of(configuration.object_store_endpoint, configuration.namespace or namespace)
    if address and store:
        port = _port(urlsplit(configuration.object_store_endpoint))
        yield Target(address[0], store.namespace, store.name, port)


def _local(endpoint: str) -> tuple[int, str] | None:
    """Return port and path of an address on the loopback interface, None for any other."""
    parts = urlsplit(endpoint)
    return (_port(parts), parts.path) if parts.hostname in LOOPBACK else None


def _port(parts: SplitResult) -> int:
    return parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
