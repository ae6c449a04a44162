"""Connect to the Kubernetes cluster that a context of a kubeconfig names, as kubectl does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elyra_neurodesk.errors import NeurodeskError, one_line
from elyra_neurodesk.network import retry_policy

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_CONNECTIONS = 32


class ClusterError(NeurodeskError):
    """Common base: the Kubernetes cluster did not do what was asked."""

    code = "ND-CLUSTER-000"


class NoKubeconfig(ClusterError):
    """No kubeconfig file, or one that cannot be used."""

    code = "ND-CLUSTER-001"
    hint = (
        "Set KUBECONFIG, or copy the cluster's file to ~/.kube/config; `kubectl config get-contexts` lists "
        "what it has."
    )


class UnknownContext(ClusterError):
    """The kubeconfig has no context of this name."""

    code = "ND-CLUSTER-002"


def connect(context: str = "") -> ApiClient:
    """Return a client of the cluster; nothing is sent yet.

    Args:
        context: name of a context in the kubeconfig; its current context when empty, and inside of a pod
            without a kubeconfig the pod's own service account.

    Raises:
        NoKubeconfig: there is no kubeconfig, or it cannot be read.
        UnknownContext: it has no such context.
    """
    # 0.4 s of imports that commands without a cluster do without
    from kubernetes import client, config

    configuration = client.Configuration()
    # what fails in passing is asked again; who waits for a cluster that is away is told within seconds
    configuration.retries = retry_policy(2, connect=0)
    # what is asked at once uses connections again, without urllib3's warnings
    configuration.connection_pool_maxsize = _CONNECTIONS
    try:
        config.load_kube_config(context=context or None, client_configuration=configuration)
    except config.ConfigException as problem:
        if not context:
            try:
                config.load_incluster_config(client_configuration=configuration)
            except config.ConfigException:
                raise NoKubeconfig(f"no usable kubeconfig: {one_line(str(problem))}.") from problem
            return client.ApiClient(configuration)
        raise _unknown(context, problem) from problem
    return client.ApiClient(configuration)


def current_context() -> str:
    """Return the name of the kubeconfig's current context.

    Raises:
        NoKubeconfig: there is no kubeconfig, or it has none.
    """
    from kubernetes import config

    try:
        return str(config.list_kube_config_contexts()[1]["name"])
    except config.ConfigException as problem:
        raise NoKubeconfig(f"no usable kubeconfig: {one_line(str(problem))}.") from problem


def _unknown(context: str, problem: Exception) -> ClusterError:
    from kubernetes import config

    try:
        contexts, _ = config.list_kube_config_contexts()
    except config.ConfigException:
        return NoKubeconfig(f"no usable kubeconfig: {one_line(str(problem))}.")
    names = [str(one["name"]) for one in contexts]
    if context in names:
        return NoKubeconfig(f"context {context} of the kubeconfig cannot be used: {one_line(str(problem))}.")
    return UnknownContext(
        f"the kubeconfig has no context {context}.", f"It has: {', '.join(names) or 'none'}."
    )
