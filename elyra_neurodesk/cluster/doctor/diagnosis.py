"""From evidence to what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elyra_neurodesk.cluster.doctor.checks import CHECKS
from elyra_neurodesk.cluster.doctor.model import Check, CheckResult, ClusterEvidence, Status, run_check

VERSION = 1
"""Of what `as_json` returns; it grows when a field is taken away or gets another meaning."""


def diagnose(evidence: ClusterEvidence, checks: Sequence[Check] = CHECKS) -> list[CheckResult]:
    """Return what every check says of the evidence (`questions.collect`), in the order of the checks."""
    results: list[CheckResult] = []
    for check in checks:
        failed = {one.check for one in results if one.status in ("warning", "fatal")}
        if not failed & set(check.after):
            results += run_check(check, evidence)
    return results


def worst(results: Sequence[CheckResult]) -> Status:
    """Return ``fatal`` or ``warning`` where a result is, else ``ok``."""
    found = {result.status for result in results}
    return "fatal" if "fatal" in found else "warning" if "warning" in found else "ok"


def as_json(evidence: ClusterEvidence, results: Sequence[CheckResult]) -> dict[str, Any]:
    """Return the diagnosis for programs; docs/cluster.md documents the form."""
    facts, probe = evidence.facts, evidence.probe
    return {
        "version": VERSION,
        "context": facts.context,
        "server": facts.server,
        "kubernetes": facts.version,
        "namespace": facts.namespace,
        "runtime_configuration": evidence.configuration.name if evidence.configuration else None,
        "status": worst(results),
        "checks": [dict(vars(result)) for result in results],
        "probe": None if probe is None else dict(probe.answer) if probe.answer else {},
    }
