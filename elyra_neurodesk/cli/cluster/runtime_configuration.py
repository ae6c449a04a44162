"""The runtime configuration of a cluster that has been set up, and the bucket that it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from elyra_neurodesk.cli.options import note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elyra_neurodesk.cluster.api import Api
    from elyra_neurodesk.cluster.facts import ClusterFacts
    from elyra_neurodesk.cluster.setup import SetUp
    from elyra_neurodesk.elyra_adapter.cluster_presets import ClusterValues
    from elyra_neurodesk.settings import RuntimeConfiguration
    from elyra_neurodesk.storage.transport import Credentials

API_PORT, UI_PORT, STORE_PORT = 18888, 18080, 19000
"""Ports of this machine that are forwarded for the first cluster; the next one has the ports after them."""


def write_runtime_configuration(
    api: Api, facts: ClusterFacts, set_up: SetUp, context: str
) -> RuntimeConfiguration | None:
    """Write the runtime configuration of a cluster, unless there is one of its name, and return it.

    Returns:
        The configuration; None where this account does not see what belongs in it.

    Raises:
        CannotCreateConfiguration, UnusableRuntimeConfiguration: see there.
        ClusterUnreachable, KubernetesRefused: see `Api.read`.
    """
    from elyra_neurodesk.cluster.store_keys import keys_in
    from elyra_neurodesk.elyra_adapter.cluster_presets import Preset, RuntimeConfigurationExists, create
    from elyra_neurodesk.elyra_adapter.runtime_configurations import (
        runtime_configuration,
        runtime_configurations,
    )

    name = "neurodesk_" + re.sub("[^a-z0-9]+", "_", context.lower()).strip("_")[:50]
    keys = keys_in(api, set_up.secret, set_up.namespace)
    if keys is None or not (set_up.object_store or facts.object_store):
        note(
            f"No runtime configuration was written: this account does not see secret {set_up.secret}, or no "
            "object store was found; `elyra-neurodesk config create kubernetes` asks for what is needed."
        )
        return None
    preset = Preset(f"Neurodesk ({context})", "Written by `elyra-neurodesk cluster apply`.")
    values = _values(api, facts, set_up, context, keys, _free_offset(runtime_configurations()))
    try:
        create(name, preset, values)
    except RuntimeConfigurationExists:
        return runtime_configuration(name)
    click.echo(f"Created the runtime configuration {name}; its ports are forwarded on demand.")
    return runtime_configuration(name)


def _values(
    api: Api, facts: ClusterFacts, set_up: SetUp, context: str, keys: Credentials, offset: int
) -> ClusterValues:
    from elyra_neurodesk.cluster.setup import mount_path
    from elyra_neurodesk.elyra_adapter.cluster_presets import ClusterValues, store_url
    from elyra_neurodesk.paths import CVMFS_AUTOMOUNT
    from elyra_neurodesk.settings import ON_DEMAND, RuntimeConfiguration

    store = set_up.object_store.rstrip("/") or store_url(facts.object_store, set_up.kfp_namespace)
    here = f"http://127.0.0.1:{STORE_PORT + offset}"
    if set_up.object_store and not _is_service(api, set_up):
        here = ""
    return ClusterValues(
        api_endpoint=f"http://127.0.0.1:{API_PORT + offset}",
        public_api_endpoint=f"http://127.0.0.1:{UI_PORT + offset}",
        object_store=store,
        public_object_store=here,
        bucket=set_up.bucket,
        secret=set_up.secret,
        username=keys.access_key,
        password=keys.secret_key,
        claim=set_up.claim,
        namespace="" if set_up.namespace == set_up.kfp_namespace else set_up.namespace,
        volume_mode="automount" if mount_path(set_up, facts) == CVMFS_AUTOMOUNT else "",
        kube_context=context,
        port_forward=ON_DEMAND,
        kfp_namespace=set_up.kfp_namespace
        if set_up.kfp_namespace != RuntimeConfiguration.kfp_namespace
        else "",
    )


def _is_service(api: Api, set_up: SetUp) -> bool:
    """Return whether the host of the object store is a service of the cluster."""
    from elyra_neurodesk.cluster.api import KubernetesForbidden, Reference
    from elyra_neurodesk.cluster.services import service_of

    service = service_of(set_up.object_store, set_up.namespace)
    if service is None:
        return False
    try:
        return api.read(Reference("v1", "Service", service.name, service.namespace)) is not None
    except KubernetesForbidden:
        return False


def _free_offset(known: Iterable[RuntimeConfiguration]) -> int:
    """Return what is added to the ports so that no runtime configuration has them."""
    endpoints = [
        endpoint
        for one in known
        for endpoint in (one.api_endpoint, one.public_api_endpoint, one.public_object_store_endpoint)
    ]
    used = {urlsplit(endpoint).port for endpoint in endpoints if urlsplit(endpoint).scheme != "file"}
    offset = 0
    while used & {port + offset for port in (API_PORT, UI_PORT, STORE_PORT)}:
        offset += 1
    return offset


def make_bucket(configuration: RuntimeConfiguration) -> None:
    """Make the bucket of a runtime configuration, where it is missing; its ports are forwarded already.

    A store that cannot be asked from here is noted: tasks may reach it nevertheless.
    """
    from elyra_neurodesk.storage.client import open_storage
    from elyra_neurodesk.storage.errors import StorageError

    try:
        open_storage(configuration).ensure_bucket()
    except StorageError as problem:
        note(f"It is not known whether the object store has the bucket {configuration.bucket}: {problem}")
    else:
        click.echo(f"The object store has the bucket {configuration.bucket}.")
