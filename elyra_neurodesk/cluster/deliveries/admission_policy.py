"""A policy that changes the pods of tasks when they are created.

Kubernetes' own MutatingAdmissionPolicy (stable since 1.36), or Kyverno's MutatingPolicy, whose specification
is the same and which older clusters may have. Both see the task's pod, so that the sidecar's image is
the task's. It is a JSON patch, because an ``ApplyConfiguration`` must not set atomic lists
(``command``, ``args``, ``capabilities.drop``), and in CEL, in which values of a pod are never pasted into
text.

The policy completes a sidecar that KFP has made of a platform spec, too: then it only sets what KFP cannot
say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elyra_neurodesk.cluster.deliveries.cel import Expression, add, literal, pointer, remove
from elyra_neurodesk.cluster.pod_changes import (
    ENABLED,
    MAIN,
    MOUNT_OPTIONS,
    MOUNT_PATHS,
    QUEUE_LABEL,
    Object,
    PodChanges,
    sidecar,
)
from elyra_neurodesk.patches.sidecar import ANNOTATION_IMAGE, LABEL, NAME

POLICY_NAME = "neurodesk-cvmfs"
GROUP = "admissionregistration.k8s.io"
KYVERNO_GROUP = "policies.kyverno.io"

_MOUNTED = " || ".join(
    f"c.volumeMounts.exists(m, m.mountPath in {literal([path, f'{path}/'], '')})" for path in MOUNT_PATHS
)
_SIDECARS = f"object.spec.?initContainers.orValue([]).filter(c, c.name == {literal(NAME, '')})"
_CONTEXT = "variables.container + " + pointer("securityContext")


def policy_spec(changes: PodChanges) -> Object:
    """Return what both kinds of policy say."""
    return {
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
            ],
            "objectSelector": {"matchLabels": {LABEL: ENABLED}},
        },
        "matchConditions": [
            {
                "name": "mounts-cvmfs",
                "expression": f"object.spec.containers.exists(c, c.name == {literal(MAIN, '')} && "
                f"has(c.volumeMounts) && ({_MOUNTED}))",
            }
        ],
        "variables": [
            {"name": name, "expression": text} for name, text in _variables(changes.sidecar_image).items()
        ],
        "mutations": [
            {"patchType": "JSONPatch", "jsonPatch": {"expression": text}} for text in _mutations(changes)
        ],
        # a task without the sidecar would read an empty directory
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
    }


def admission_policy(changes: PodChanges, version: str = "v1", name: str = POLICY_NAME) -> Object:
    """Return the MutatingAdmissionPolicy.

    Args:
        changes: what it does.
        version: of the API group: ``v1``, or ``v1beta1`` where Kubernetes 1.34 or 1.35 have it switched on.
        name: of the policy.
    """
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": policy_spec(changes),
    }


def admission_policy_binding(
    namespaces: Sequence[str] = (), version: str = "v1", name: str = POLICY_NAME
) -> Object:
    """Return the binding that puts the policy into effect.

    Args:
        namespaces: those in which it counts; all when empty.
        version: of the API group.
        name: of the policy, and of the binding.
    """
    spec: dict[str, Any] = {"policyName": name}
    if namespaces:
        spec["matchResources"] = {"namespaceSelector": _in_namespaces(namespaces)}
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": spec,
    }


def kyverno_policy(
    changes: PodChanges, namespaces: Sequence[str] = (), version: str = "v1", name: str = POLICY_NAME
) -> Object:
    """Return Kyverno's MutatingPolicy, which needs no binding.

    Args:
        changes: what it does.
        namespaces: those in which it counts; all when empty.
        version: of the API group: ``v1``, before Kyverno 1.17 ``v1beta1`` or ``v1alpha1``.
        name: of the policy.
    """
    spec = policy_spec(changes)
    if namespaces:
        spec["matchConstraints"]["namespaceSelector"] = _in_namespaces(namespaces)
    # pods only: the templates of Deployments and Jobs are not tasks
    spec["autogen"] = {"podControllers": {"controllers": []}}
    return {
        "apiVersion": f"{KYVERNO_GROUP}/{version}",
        "kind": "MutatingPolicy",
        "metadata": {"name": name},
        "spec": spec,
    }


def _in_namespaces(namespaces: Sequence[str]) -> Object:
    # every namespace has this label (kubernetes.io/docs/concepts/overview/working-with-objects/namespaces)
    return {
        "matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(namespaces)}
        ]
    }


def _variables(sidecar_image: str) -> dict[str, str]:
    mounts = " + ".join(
        f"variables.main.volumeMounts.filter(m, m.mountPath in {literal([path, f'{path}/'], '')})"
        for path in MOUNT_PATHS
    )
    image = literal(sidecar_image, "") if sidecar_image else "variables.main.image"
    return {
        "main": f"object.spec.containers.filter(c, c.name == {literal(MAIN, '')})[0]",
        "container": '"/spec/containers/" + '
        f"string(object.spec.containers.map(c, c.name).indexOf({literal(MAIN, '')}))",
        "mount": f"({mounts})[0]",
        "chosen": _annotation(ANNOTATION_IMAGE),
        "image": f'variables.chosen == "" ? {image} : variables.chosen',
    }


def _annotation(name: str) -> str:
    return f'object.metadata.?annotations[?{literal(name, "")}].orValue("")'


def _mutations(changes: PodChanges) -> list[str]:
    expressions = [_add_sidecar(), _mount_options()]
    context = changes.security_context()
    if context or changes.user():
        expressions.append(_security_context(context, changes.user()))
    if changes.fuse_resource:
        expressions.append(_limit(changes.fuse_resource))
    if changes.queue:
        # the label by which the policy finds the pod is there, so labels are
        path = pointer("metadata", "labels", QUEUE_LABEL)
        absent = f"!({literal(QUEUE_LABEL, '')} in object.metadata.labels)"
        expressions.append(f"{absent} ? [{add(path, literal(changes.queue, ''))}] : []")
    if changes.priority_class:
        expressions.append(_priority_class(changes.priority_class))
    return expressions


def _add_sidecar() -> str:
    container = sidecar("", "", "")
    container["image"] = Expression("variables.image")
    container["volumeMounts"][0].update(
        name=Expression("variables.mount.name"), mountPath=Expression("variables.mount.mountPath")
    )
    first = add(pointer("spec", "initContainers", "0"), literal(container, "Object.spec.initContainers"))
    empty = add(pointer("spec", "initContainers"), "[]")
    return f"size({_SIDECARS}) > 0 ? [] : (has(object.spec.initContainers) ? [] : [{empty}]) + [{first}]"


def _mount_options() -> str:
    here = "m.name == variables.mount.name && m.mountPath == variables.mount.mountPath"
    sidecars = f"{_SIDECARS}.filter(c, has(c.volumeMounts) && c.volumeMounts.exists(m, {here}))"
    place = f"string(object.spec.initContainers.map(c, c.name).indexOf({literal(NAME, '')}))"
    of_sidecar = _options(f'"/spec/initContainers/" + {place}', f"{_SIDECARS}[0].volumeMounts")
    of_task = _options("variables.container", "variables.main.volumeMounts")
    return f"[{of_task}] + (size({sidecars}) == 0 ? [] : [{of_sidecar}])"


def _options(container: str, mounts: str) -> str:
    index = f"string({mounts}.map(m, m.mountPath).indexOf(variables.mount.mountPath))"
    mount = f'{container} + "/volumeMounts/" + {index}'
    return ", ".join(
        add(f"{mount} + {pointer(option)}", literal(value, "")) for option, value in MOUNT_OPTIONS.items()
    )


def _security_context(replaced: Object, absent: Object) -> str:
    kind = "Object.spec.containers.securityContext"
    empty = add(_CONTEXT, f"{kind}{{}}")
    parts = [f"(has(variables.main.securityContext) ? [] : [{empty}])"]
    for field, value in replaced.items():
        parts.append(f"[{add(f'{_CONTEXT} + {pointer(field)}', literal(value, f'{kind}.{field}'))}]")
    for field, value in absent.items():
        patch = add(f"{_CONTEXT} + {pointer(field)}", literal(value, ""))
        parts.append(f"(variables.main.?securityContext.?{field}.hasValue() ? [] : [{patch}])")
    return " + ".join(parts)


def _limit(resource: str) -> str:
    resources = "variables.container + " + pointer("resources")
    limits = "variables.container + " + pointer("resources", "limits")
    one = "variables.container + " + pointer("resources", "limits", resource)
    kind = "Object.spec.containers.resources"
    return (
        f"(has(variables.main.resources) ? [] : [{add(resources, kind + '{}')}]) + "
        f"(variables.main.?resources.?limits.hasValue() ? [] : [{add(limits, '{}')}]) + "
        f"({literal(resource, '')} in variables.main.?resources.?limits.orValue({{}}) "
        f"? [] : [{add(one, literal('1', ''))}])"
    )


def _priority_class(name: str) -> str:
    def drop(field: str) -> str:
        return f"(has(object.spec.{field}) ? [{remove(pointer('spec', field))}] : [])"

    chosen = add(pointer("spec", "priorityClassName"), literal(name, ""))
    # the number belongs to the class: the API server computes it anew
    return (
        'object.spec.?priorityClassName.orValue("") != "" ? [] : '
        f"[{chosen}] + {drop('priority')} + {drop('preemptionPolicy')}"
    )
