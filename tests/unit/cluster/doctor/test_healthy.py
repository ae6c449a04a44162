"""A cluster in which tasks run gets no alarm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from elyra_neurodesk.cluster.doctor.diagnosis import diagnose, worst
from elyra_neurodesk.cluster.doctor.model import ClusterEvidence
from elyra_neurodesk.cluster.facts import Unknown
from tests.unit.cluster.doctor.variants import HEALTHY, evidence, facts


@pytest.mark.parametrize("variant", HEALTHY)
def test_a_healthy_cluster_gets_no_alarm(variant: Callable[[], ClusterEvidence]) -> None:
    results = diagnose(variant())
    assert [one for one in results if one.status in ("warning", "fatal")] == []
    assert worst(results) == "ok"


@pytest.mark.parametrize("variant", HEALTHY)
def test_a_healthy_cluster_is_looked_at_in_every_category(variant: Callable[[], ClusterEvidence]) -> None:
    results = diagnose(variant())
    assert len({one.category for one in results if one.status == "ok"}) >= 9
    assert len([one for one in results if one.status == "ok"]) >= 30


def test_what_builds_on_a_fault_is_left_out_and_not_called_ok() -> None:
    said = {one.check for one in diagnose(evidence(facts=facts(claims=(), csi_drivers=(), kfp=None)))}
    assert {"claim", "csi-driver", "kfp"} <= said
    assert not {"claim-bound", "storage-class", "node-plugin", "cvmfs-cache", "kfp-version"} & said


def test_what_was_not_asked_is_left_out() -> None:
    seen = evidence(configuration=None, kfp=None, store=None, store_service=None, probe=None, example=None)
    results = diagnose(seen)
    assert not {"Object store", "Inside a task"} & {one.category for one in results}
    assert not {"kfp-reachable", "policy-effect", "pod-admitted"} & {one.check for one in results}


def test_what_may_not_be_read_is_unknown_with_the_reason() -> None:
    seen = replace(evidence(), facts=facts(claims=Unknown("claims: forbidden", True)))
    unknown = [one for one in diagnose(seen) if one.status == "unknown"]
    assert {"claim", "claim-bound", "storage-class"} <= {one.check for one in unknown}
    assert {one.found for one in unknown} == {"claims: forbidden"}
    assert worst(diagnose(seen)) == "ok"
