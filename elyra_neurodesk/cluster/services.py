"""Services of a cluster by the names that addresses have for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from elyra_neurodesk.settings import LOOPBACK

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"(?P<service>{_LABEL})(\.(?P<namespace>{_LABEL})(?P<svc>\.svc(\.cluster\.local)?)?)?\.?")


@dataclass(frozen=True)
class ServiceReference:
    """A Service that an address names.

    Attributes:
        name: of the Service.
        namespace: where it is.
        certain: False for ``NAME.NAMESPACE``, which may be a host of the internet as well.
    """

    name: str
    namespace: str
    certain: bool = True


def service_of(endpoint: str, namespace: str) -> ServiceReference | None:
    """Return the Service that an address may name in a pod, None for one that cannot be a Service's.

    Args:
        endpoint: a URL, such as ``http://seaweedfs.kubeflow:9000``.
        namespace: of the pod, where a name alone is looked for.

    >>> service_of("http://seaweedfs.kubeflow:9000", "ana")
    ServiceReference(name='seaweedfs', namespace='kubeflow', certain=False)
    >>> service_of("https://s3.amazonaws.com", "ana") is None
    True
    """
    host = urlsplit(endpoint).hostname or ""
    found = _NAME.fullmatch(host)
    if found is None or host in LOOPBACK:
        return None
    named = found["namespace"]
    return ServiceReference(found["service"], named or namespace, not named or bool(found["svc"]))
