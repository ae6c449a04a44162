"""Questions are asked at once, and what an address means in a pod is told."""

from __future__ import annotations

import time

import pytest

from elyra_neurodesk.cluster.doctor.model import Service
from elyra_neurodesk.cluster.doctor.questions import ask_at_once, store_service
from elyra_neurodesk.cluster.facts import Unknown


@pytest.mark.parametrize(
    ("endpoint", "service"),
    [
        ("http://seaweedfs.kubeflow:9000", ("seaweedfs", "kubeflow")),
        ("http://seaweedfs.kubeflow.svc:9000", ("seaweedfs", "kubeflow")),
        ("http://seaweedfs.other.svc.cluster.local.:9000", ("seaweedfs", "other")),
        ("http://minio:9000", ("minio", "ana")),
        ("https://s3.amazonaws.com", None),
        ("https://minio.example", None),
        ("http://10.0.0.1:9000", None),
        ("http://[::1]:9000", None),
        ("http://localhost:9000", None),
        ("file:///data", None),
        ("", None),
    ],
)
def test_an_address_is_a_service_where_its_host_is_one_of_the_cluster(
    endpoint: str, service: tuple[str, str] | None
) -> None:
    assert store_service(endpoint, "ana", ("kubeflow", "ana")) == (
        Service(*service, None) if service else None
    )


def test_what_is_late_is_unknown_and_what_failed_is_its_exception() -> None:
    problem = OSError("no")

    def fails() -> None:
        raise problem

    begin = time.monotonic()
    answers = ask_at_once({"now": lambda: 1, "late": lambda: time.sleep(5), "fails": fails}, 0.1)
    assert time.monotonic() - begin < 2
    assert answers == {"now": 1, "late": Unknown("no answer within 0 s"), "fails": problem}
