"""Forwarded is what the runtime configuration says is on this machine."""

from __future__ import annotations

from typing import Any

import pytest

from elyra_neurodesk.port_forward.targets import NothingToForward, Target, targets
from tests.support.configurations import runtime_configuration

LOCAL = {
    "api_endpoint": "http://127.0.0.1:18888",
    "public_api_endpoint": "http://localhost:18080",
    "object_store_endpoint": "http://seaweedfs.kubeflow:9000",
    "public_object_store_endpoint": "http://127.0.0.1:19000",
}
API = Target(18888, "kubeflow", "ml-pipeline", 8888)
UI = Target(18080, "kubeflow", "ml-pipeline-ui", 80)
STORE = Target(19000, "kubeflow", "seaweedfs", 9000)


def forwarded(**fields: Any) -> list[Target]:
    return list(targets(runtime_configuration(**{**LOCAL, **fields})))


def test_api_user_interface_and_object_store_are_forwarded() -> None:
    assert forwarded() == [API, UI, STORE]


def test_an_address_elsewhere_is_reached_as_it_is() -> None:
    elsewhere = "https://kfp.example.org"
    assert forwarded(api_endpoint=elsewhere, public_api_endpoint=elsewhere) == [STORE]
    assert forwarded(public_object_store_endpoint="https://s3.example.org") == [API, UI]


def test_an_api_below_the_user_interface_is_reached_through_it_with_one_port() -> None:
    below = "http://127.0.0.1:18080/pipeline"
    assert forwarded(api_endpoint=below, public_api_endpoint=below) == [UI, STORE]


@pytest.mark.parametrize(
    ("endpoint", "namespace", "target"),
    [
        (
            "http://minio-service.kfp.svc.cluster.local:9000",
            None,
            Target(19000, "kfp", "minio-service", 9000),
        ),
        ("http://minio.kfp.svc", None, Target(19000, "kfp", "minio", 80)),
        ("https://minio.kfp", None, Target(19000, "kfp", "minio", 443)),
        ("http://minio:9000", "ana", Target(19000, "ana", "minio", 9000)),
        ("http://minio:9000", None, Target(19000, "kubeflow", "minio", 9000)),
    ],
)
def test_the_stores_service_is_the_name_by_which_tasks_know_it(
    endpoint: str, namespace: str | None, target: Target
) -> None:
    assert forwarded(object_store_endpoint=endpoint, namespace=namespace)[-1] == target


@pytest.mark.parametrize("endpoint", ["https://s3.example.org", "http://127.0.0.1:9000", "http://10.1.2.3"])
def test_a_store_that_is_not_a_service_is_not_forwarded(endpoint: str) -> None:
    assert forwarded(object_store_endpoint=endpoint) == [API, UI]


def test_kfps_namespace_is_that_of_the_configuration() -> None:
    assert forwarded(kfp_namespace="kfp")[:2] == [
        Target(18888, "kfp", "ml-pipeline", 8888),
        Target(18080, "kfp", "ml-pipeline-ui", 80),
    ]


def test_the_embedded_backend_and_a_cluster_with_addresses_of_its_own_need_no_forward() -> None:
    for fields in (
        {"object_store_endpoint": "file:///store"},
        {**dict.fromkeys(LOCAL, "https://kfp.example.org")},
    ):
        with pytest.raises(NothingToForward, match="has no address of this machine"):
            forwarded(**fields)


def test_a_target_is_read_as_it_is_written() -> None:
    assert Target.parse(str(STORE)) == STORE
    with pytest.raises(ValueError, match="is not PORT"):
        Target.parse("19000=seaweedfs:9000")
