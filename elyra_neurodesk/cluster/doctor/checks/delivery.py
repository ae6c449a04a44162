"""How the sidecar, and the options of the set-up, reach the pods of tasks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from elyra_neurodesk.cluster.api import Object
from elyra_neurodesk.cluster.deliveries.admission_policy import POLICY_NAME
from elyra_neurodesk.cluster.deliveries.pod_default import NAME as POD_DEFAULT
from elyra_neurodesk.cluster.deliveries.workflow_patch import VARIABLE
from elyra_neurodesk.cluster.doctor.model import Check, ClusterEvidence, Fault, main_container
from elyra_neurodesk.cluster.facts import Unknown
from elyra_neurodesk.cluster.pod_changes import QUEUE_LABEL, sidecar
from elyra_neurodesk.cluster.setup import choose_delivery
from elyra_neurodesk.patches.sidecar import LABEL, NAME, takes_init_containers

CATEGORY = "Sidecar"
APPLY = "elyra-neurodesk cluster apply"
_SINCE, _STABLE = (1, 34), (1, 36)
"""Releases of Kubernetes with MutatingAdmissionPolicy as v1beta1, switched off, and as v1."""

_COMPARED = ("command", "args", "restartPolicy")


def _kfp_makes_it(evidence: ClusterEvidence) -> bool:
    setting = evidence.sidecar_setting
    return setting == "platform-spec" or (
        setting == "auto" and takes_init_containers(evidence.facts.kfp_version)
    )


def _adding(items: Iterable[Object] | Unknown) -> list[Object]:
    """Return the policies that add a container of the sidecar's name, by whatever name, ours first."""
    found = [item for item in items or () if NAME in json.dumps(item["spec"])]
    return sorted(found, key=lambda item: bool(item["metadata"]["name"] != POLICY_NAME))


def _has_ours(items: Iterable[Object] | Unknown) -> bool:
    return any(item["metadata"]["name"] == POLICY_NAME for item in items or ())


def _wanted(evidence: ClusterEvidence) -> str:
    """Return the delivery that the set-up has chosen, ``platform-spec`` where KFP makes the sidecar."""
    if evidence.set_up.delivery == "auto":
        if _adding(evidence.facts.policies):
            return "admission-policy"
        if _adding(evidence.facts.kyverno_policies):
            return "kyverno"
        if _pod_defaults(evidence):
            return "pod-default"
        if _patches_workflows(evidence):
            return "workflow patch"
        if _kfp_makes_it(evidence):
            return "platform-spec"
    return choose_delivery(evidence.set_up, evidence.facts)


def _pod_defaults(evidence: ClusterEvidence) -> list[Object]:
    return [
        item
        for item in evidence.facts.pod_defaults or ()
        if item["metadata"]["name"] == POD_DEFAULT or _adds_sidecar(item)
    ]


def _adds_sidecar(item: Mapping[str, object]) -> bool:
    return f'"{NAME}"' in json.dumps(item.get("spec"))


def _patches_workflows(evidence: ClusterEvidence) -> bool:
    facts = evidence.facts
    defaults = (facts.argo_config or {}).get("workflowDefaults", "")
    return NAME in defaults or NAME in (facts.kfp.env.get(VARIABLE, "") if facts.kfp else "")


def _has_policy(evidence: ClusterEvidence) -> bool:
    return bool(_adding(evidence.facts.policies))


def _adds_by_admission(evidence: ClusterEvidence) -> bool:
    admitted = isinstance(evidence.example, dict)
    return admitted and _wanted(evidence) in ("admission-policy", "kyverno", "pod-default")


def _wants_pod_default(evidence: ClusterEvidence) -> bool:
    return _wanted(evidence) == "pod-default"


def _says_platform_spec(evidence: ClusterEvidence) -> bool:
    return evidence.sidecar_setting == "platform-spec"


def _feature_gate(evidence: ClusterEvidence) -> Iterator[Fault]:
    facts = evidence.facts
    if _wanted(evidence) not in ("none", "admission-policy") or facts.policy_version:
        return
    if facts.release >= _SINCE:
        beta = facts.release < _STABLE
        yield Fault(
            "MutatingAdmissionPolicy",
            f"Kubernetes {facts.version} has it switched off",
            "kube-apiserver --feature-gates=MutatingAdmissionPolicy=true"
            + (" --runtime-config=admissionregistration.k8s.io/v1beta1=true" if beta else ""),
        )


def _delivered(evidence: ClusterEvidence) -> Iterator[Fault]:
    wanted = _wanted(evidence)
    facts = evidence.facts
    if wanted == "none":
        yield Fault(
            f"Namespace {evidence.namespace}",
            "nothing adds the sidecar to tasks: each waits for CVMFS itself, up to 40 s, and KFP "
            f"{facts.kfp_version or 'of unknown version'} cannot",
            f"{APPLY} --delivery (Kubernetes 1.36, Kyverno and Kubeflow have ways), or KFP 2.18.",
        )
    elif wanted == "admission-policy" and facts.policy_version and not _adding(facts.policies):
        yield Fault(f"MutatingAdmissionPolicy {POLICY_NAME}", "does not exist", APPLY)
    elif wanted == "kyverno" and facts.kyverno_version and not _adding(facts.kyverno_policies):
        yield Fault(f"MutatingPolicy {POLICY_NAME}", "does not exist", APPLY)


def _binding(evidence: ClusterEvidence) -> Iterator[Fault]:
    policies = {item["metadata"]["name"] for item in _adding(evidence.facts.policies)}
    if not policies:
        return
    bindings = [
        item for item in evidence.facts.policy_bindings or () if item["spec"].get("policyName") in policies
    ]
    if not bindings:
        yield Fault(
            f"MutatingAdmissionPolicyBinding of {', '.join(sorted(policies))}",
            "does not exist, so the policy has no effect",
            APPLY,
        )
    elif not any(_binds(item, evidence.namespace) for item in bindings):
        yield Fault(
            f"MutatingAdmissionPolicyBinding {bindings[0]['metadata']['name']}",
            f"does not name the namespace {evidence.namespace}",
            f"{APPLY} --namespace {evidence.namespace}",
        )


def _binds(binding: Object, namespace: str) -> bool:
    """Return whether a binding may count in a namespace; selectors by other labels than its name may."""
    selector = binding["spec"].get("matchResources", {}).get("namespaceSelector", {})
    name = "kubernetes.io/metadata.name"
    if selector.get("matchLabels", {}).get(name, namespace) != namespace:
        return False
    return all(
        namespace in one.get("values", ())
        for one in selector.get("matchExpressions", ())
        if one["key"] == name and one["operator"] == "In"
    )


def _made(evidence: ClusterEvidence) -> Object | None:
    """Return the sidecar in the example of a task's pod."""
    example = evidence.example
    containers = example["spec"].get("initContainers", ()) if isinstance(example, dict) else ()
    return next((one for one in containers if one["name"] == NAME), None)


def _effect(evidence: ClusterEvidence) -> Iterator[Fault]:
    if _made(evidence):
        return
    if _wanted(evidence) in ("admission-policy", "kyverno"):
        yield Fault(
            f"Policy {POLICY_NAME}",
            "is there and bound, and a task's pod gets no sidecar",
            f"kubectl get mutatingadmissionpolicy {POLICY_NAME} --output yaml; then {APPLY}",
        )
    elif _pod_defaults(evidence):
        yield Fault(
            f"PodDefault {evidence.namespace}/{POD_DEFAULT}",
            "is there, and a task's pod gets no sidecar: Kubeflow's webhook does not see the namespace",
            f"kubectl label namespace {evidence.namespace} app.kubernetes.io/part-of=kubeflow-profile",
        )


def _shadowed(evidence: ClusterEvidence) -> Iterator[Fault]:
    made, facts = _made(evidence), evidence.facts
    if made is None or not (_has_ours(facts.policies) or _has_ours(facts.kyverno_policies)):
        return
    stated = sidecar(made["image"], "", "")
    differs = [field for field in _COMPARED if made.get(field) != stated.get(field)]
    others = [*_others(evidence)]
    if differs or others:
        who = ", ".join(others) or "another policy or webhook"
        yield Fault(
            f"Policy {POLICY_NAME}",
            f"is shadowed by {who}" + (f", whose sidecar differs in {', '.join(differs)}" if differs else ""),
            f"Delete {who}." if others else "kubectl get mutatingwebhookconfigurations",
            "fatal" if differs else "warning",
        )


def _others(evidence: ClusterEvidence) -> Iterator[str]:
    """Yield what else adds a container of the sidecar's name to tasks."""
    facts, ours = evidence.facts, _wanted(evidence)
    for item in _adding(facts.policies):
        if item["metadata"]["name"] != POLICY_NAME:
            yield f"MutatingAdmissionPolicy {item['metadata']['name']}"
    for item in _adding(facts.kyverno_policies):
        if ours != "kyverno" or item["metadata"]["name"] != POLICY_NAME:
            yield f"MutatingPolicy {item['metadata']['name']}"
    if ours != "pod-default":
        for item in _pod_defaults(evidence):
            yield f"PodDefault {evidence.namespace}/{item['metadata']['name']}"


def _pod_default(evidence: ClusterEvidence) -> Iterator[Fault]:
    found = _pod_defaults(evidence)
    name = f"PodDefault {evidence.namespace}/{POD_DEFAULT}"
    if not found:
        yield Fault(name, "does not exist", f"{APPLY} --delivery pod-default --sidecar-image IMAGE")
    elif evidence.facts.pod_default_init_containers is False:
        yield Fault(
            name,
            "Kubeflow's definition of PodDefaults has no initContainers: the sidecar was dropped",
            "Update Kubeflow's admission webhook, or choose another --delivery.",
        )
    for item in found:
        labels = item["spec"].get("selector", {}).get("matchLabels", {})
        if LABEL not in labels:
            yield Fault(name, f"selects other pods than tasks ({labels or 'all'})", APPLY)


def _platform_spec(evidence: ClusterEvidence) -> Iterator[Fault]:
    version = evidence.facts.kfp_version
    if version and not takes_init_containers(version):
        yield Fault(
            f"Runtime configuration {evidence.configuration.name if evidence.configuration else ''}",
            f"its sidecar is platform-spec, which KFP {version} refuses (2.18 and newer know it)",
            "Set Sidecar to auto in the runtime configuration.",
        )


def _options(evidence: ClusterEvidence) -> Iterator[Fault]:
    facts = evidence.facts
    priority_class, queue, resources = _asked_for(evidence)
    if priority_class and priority_class not in (facts.priority_classes or ()):
        yield Fault(
            f"PriorityClass {priority_class}",
            "does not exist: the API server refuses every task",
            f"kubectl create priorityclass {priority_class} --value=0",
        )
    if queue and queue not in (facts.local_queues or ()):
        yield Fault(
            f"LocalQueue {evidence.namespace}/{queue}",
            "does not exist" + ("" if facts.local_queues is not None else ", and Kueue is not installed"),
            "Ask the cluster's administrator for the name of the namespace's queue: tasks wait without it.",
        )
    for resource in resources:
        if not any(resource in node.allocatable for node in facts.nodes or ()):
            yield Fault(
                f"Resource {resource}",
                "no node has it: no task can be scheduled",
                f"Install its device plugin, or {APPLY} without --fuse-resource.",
            )


def _asked_for(evidence: ClusterEvidence) -> tuple[str, str, list[str]]:
    """Return priority class, queue and extended resources that tasks get: wanted, or by a policy already."""
    changes, example = evidence.set_up.changes, evidence.example
    queue, resources = changes.queue, {changes.fuse_resource} - {""}
    if isinstance(example, dict):
        queue = queue or example["metadata"]["labels"].get(QUEUE_LABEL, "")
        limits = main_container(example).get("resources", {}).get("limits", {})
        resources |= {name for name in limits if "/" in name}
    return changes.priority_class, queue, sorted(resources)


CHECKS = (
    Check(
        "policy-feature",
        CATEGORY,
        "warning",
        "the API server has admission policies, or they are not needed",
        _feature_gate,
        ("facts.pod_defaults", "facts.kfp"),
    ),
    Check(
        "sidecar-delivery",
        CATEGORY,
        "warning",
        "something adds the sidecar to tasks",
        _delivered,
        ("facts.policies", "facts.pod_defaults", "facts.kfp"),
    ),
    Check(
        "policy-binding",
        CATEGORY,
        "fatal",
        "the admission policy is bound, or there is none",
        _binding,
        ("facts.policies", "facts.policy_bindings"),
        applies=_has_policy,
    ),
    Check(
        "policy-effect",
        CATEGORY,
        "fatal",
        "what adds the sidecar has effect",
        _effect,
        ("example",),
        after=(
            "sidecar-delivery",
            "policy-binding",
        ),
        applies=_adds_by_admission,
    ),
    Check(
        "policy-shadowed",
        CATEGORY,
        "fatal",
        "nothing else adds a sidecar of its own",
        _shadowed,
        ("example",),
        after=("policy-binding",),
        applies=_made,
    ),
    Check(
        "pod-default",
        CATEGORY,
        "fatal",
        "Kubeflow's PodDefault selects tasks, or is not used",
        _pod_default,
        ("facts.pod_defaults",),
        applies=_wants_pod_default,
    ),
    Check(
        "platform-spec",
        CATEGORY,
        "fatal",
        "KFP knows the sidecar that the runtime configuration asks for",
        _platform_spec,
        ("facts.kfp",),
        applies=_says_platform_spec,
    ),
    Check(
        "options",
        CATEGORY,
        "fatal",
        "what the set-up's options name exists",
        _options,
        ("facts.priority_classes", "facts.nodes"),
    ),
)
