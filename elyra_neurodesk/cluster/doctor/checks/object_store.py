"""The object store of the runtime configuration: from this machine, and as tasks see it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from elyra_neurodesk.cluster.doctor.model import Check, ClusterEvidence, Fault, StoreAnswer
from elyra_neurodesk.settings import LOOPBACK
from elyra_neurodesk.storage.errors import ErrorClass

CATEGORY = "Object store"

_DENIED = (ErrorClass.FORBIDDEN, ErrorClass.WRONG_CREDENTIALS)
_SAID_ELSEWHERE = (*_DENIED, ErrorClass.UNKNOWN_HOST, ErrorClass.NO_BUCKET, ErrorClass.CLOCK_SKEW)
_HTTP_PORTS = {"http": 80, "https": 443}


def _answer(evidence: ClusterEvidence) -> StoreAnswer:
    return evidence.store if isinstance(evidence.store, StoreAnswer) else StoreAnswer("")


def _configuration(evidence: ClusterEvidence) -> str:
    return f"Runtime configuration {evidence.configuration.name if evidence.configuration else ''}"


def _name_here(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence)
    if answer.error_class is ErrorClass.UNKNOWN_HOST:
        yield Fault(
            _configuration(evidence),
            f"the host of {answer.endpoint} is not known on this machine",
            "Set Public Object Storage Endpoint to a port of this machine, such as http://127.0.0.1:19000, "
            "and Port-Forward to on-demand",
        )


def _reachable(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence)
    if answer.error_class and answer.error_class not in _SAID_ELSEWHERE:
        yield Fault(
            _configuration(evidence),
            f"no object store answers at {answer.endpoint}: {answer.reason}",
            f"elyra-neurodesk cluster connect --runtime-config {evidence.configuration.name}"
            if evidence.configuration and urlsplit(answer.endpoint).hostname in LOOPBACK
            else "Check the address and the network",
        )


def _keys_here(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence)
    if answer.error_class in _DENIED:
        yield Fault(
            _configuration(evidence),
            f"{answer.endpoint} does not accept its user name and password ({answer.reason})",
            "Set both to the values of the secret: "
            f"kubectl --namespace {evidence.namespace} get secret {_secret(evidence)} --output yaml",
        )


def _bucket(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer, configuration = _answer(evidence), evidence.configuration
    if answer.error_class is ErrorClass.NO_BUCKET:
        yield Fault(
            _configuration(evidence),
            f"{answer.endpoint} has no bucket '{configuration.bucket if configuration else ''}'",
            "Correct Bucket Name; KFP's own store has the bucket mlpipeline. Submitting creates a new one.",
        )


def _clock(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence)
    if answer.error_class is ErrorClass.CLOCK_SKEW:
        yield Fault(
            f"Object store {answer.endpoint}",
            "its clock and this machine's differ by more than 15 minutes, so it refuses every request",
            "timedatectl set-ntp true",
        )


def _name_in_pods(evidence: ClusterEvidence) -> Iterator[Fault]:
    service = evidence.store_service
    if not service or service.ports is not None:
        return
    there = evidence.facts.object_store
    instead = f"http://{there}.{evidence.facts.kfp_namespace}:9000" if there else ""
    yield Fault(
        str(service),
        f"does not exist, and {_configuration(evidence)} names it: tasks end with ND-START-004",
        f"Set Object Storage Endpoint to {instead}"
        if instead
        else f"kubectl --namespace {service.namespace} get services",
    )


def _behind_name(evidence: ClusterEvidence) -> Iterator[Fault]:
    service, configuration = evidence.store_service, evidence.configuration
    if not service or service.ports is None or configuration is None:
        return
    parts = urlsplit(configuration.object_store_endpoint)
    port = parts.port or _HTTP_PORTS[parts.scheme]
    if service.ports and port not in service.ports:
        yield Fault(
            str(service),
            f"has no port {port} (it has {', '.join(map(str, service.ports))})",
            "Correct the port in Object Storage Endpoint.",
        )
    elif service.ready is False:
        yield Fault(
            str(service),
            "has no pod that is ready",
            f"kubectl --namespace {service.namespace} get pods",
        )


def _secret(evidence: ClusterEvidence) -> str:
    configuration = evidence.configuration
    return configuration.secret.name if configuration and configuration.secret else "NAME"


def _names_secret(evidence: ClusterEvidence) -> bool:
    return evidence.configuration is not None and evidence.configuration.secret is not None


def _secret_there(evidence: ClusterEvidence) -> Iterator[Fault]:
    configuration = evidence.configuration
    if configuration is None or configuration.secret is None:
        return
    if configuration.secret.name not in (evidence.facts.secrets or {}):
        yield Fault(
            f"Secret {evidence.namespace}/{configuration.secret.name}",
            "does not exist: tasks wait for it without end",
            f"kubectl --namespace {evidence.namespace} create secret generic {configuration.secret.name} "
            f'--from-literal={configuration.secret.access_key_field}="$ACCESS_KEY" '
            f'--from-literal={configuration.secret.secret_key_field}="$SECRET_KEY"',
        )


def _secret_keys(evidence: ClusterEvidence) -> Iterator[Fault]:
    configuration = evidence.configuration
    if configuration is None or configuration.secret is None:
        return
    secret = configuration.secret
    keys = (evidence.facts.secrets or {}).get(secret.name)
    if keys is None:
        return
    missing = [name for name in (secret.access_key_field, secret.secret_key_field) if name not in keys]
    if missing:
        yield Fault(
            f"Secret {evidence.namespace}/{secret.name}",
            f"has no key {' and no key '.join(missing)} (it has {', '.join(sorted(keys)) or 'none'})",
            f"kubectl --namespace {evidence.namespace} patch secret {secret.name} --patch "
            "'{\"stringData\": {…}}' with both keys",
        )


CHECKS = (
    Check("store-name", CATEGORY, "fatal", "its name is known on this machine", _name_here, ("store",)),
    Check(
        "store-reachable",
        CATEGORY,
        "fatal",
        "it answers to this machine",
        _reachable,
        ("store",),
        after=("store-name",),
    ),
    Check(
        "store-clock",
        CATEGORY,
        "fatal",
        "its clock is this machine's",
        _clock,
        ("store",),
        after=(
            "store-name",
            "store-reachable",
        ),
    ),
    Check(
        "store-keys",
        CATEGORY,
        "fatal",
        "it accepts the runtime configuration's keys",
        _keys_here,
        ("store",),
        after=(
            "store-name",
            "store-reachable",
            "store-clock",
        ),
    ),
    Check(
        "bucket",
        CATEGORY,
        "warning",
        "the bucket exists",
        _bucket,
        ("store",),
        after=(
            "store-name",
            "store-reachable",
            "store-clock",
            "store-keys",
        ),
    ),
    Check("store-service", CATEGORY, "fatal", "tasks know its name", _name_in_pods, ("store_service",)),
    Check(
        "store-pods",
        CATEGORY,
        "fatal",
        "something is behind that name",
        _behind_name,
        ("store_service",),
        after=("store-service",),
    ),
    Check(
        "store-secret",
        CATEGORY,
        "fatal",
        "the secret with its keys exists",
        _secret_there,
        ("configuration", "facts.secrets"),
        applies=_names_secret,
    ),
    Check(
        "store-secret-keys",
        CATEGORY,
        "fatal",
        "the secret has the keys that tasks look for",
        _secret_keys,
        ("configuration", "facts.secrets"),
        after=("store-secret",),
        applies=_names_secret,
    ),
)
