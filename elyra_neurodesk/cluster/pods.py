"""What the pods of a run say: the state of each task, and why one waits or has failed.

Pods, events and workflows are JSON objects as the API returns them: Kubernetes' core/v1 Pod and Event, Argo's
argoproj.io/v1alpha1 Workflow. Reasons and messages are those of kubelet and scheduler (Kubernetes 1.36) and
of Argo Workflows 4.0. `run_pods` fetches them.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from elyra_neurodesk.errors import one_line

Json = Mapping[str, Any]

NODE_NAME = "workflows.argoproj.io/node-name"
"""Annotation with the pod's place in its Argo workflow: ``hello-x7k2p(0).root(0).bet(0).executor(0)``."""

ROLE = "pipelines.kubeflow.org/runtime-role"
"""Annotation in which KFP writes whether the pod is a ``driver`` or a ``launcher``."""

RUN_LABEL = "pipeline/runid"
"""Label by which KFP's pods, and their workflow, are known."""

SIDECAR = "neurodesk-cvmfs"
MAIN = "main"
_STATES = {
    "Pending": "PENDING",
    "Running": "RUNNING",
    "Succeeded": "SUCCEEDED",
    "Failed": "FAILED",
    "Unknown": "RUNNING",  # the kubelet of its Kubernetes node has fallen silent
}
_MAX_DETAIL = 400  # characters that are quoted of what Kubernetes says
_MAX_NAMED = 5
UNNAMED_TAINTS = "had untolerated taint(s)"
"""What the scheduler says of taints that the pod does not tolerate."""


@dataclass(frozen=True)
class PodProblem:
    """A kind of failure, or of waiting without end.

    Attributes:
        code: stable, as those of errors.
        meaning: what happened, in one sentence.
        hint: the way out.
    """

    code: str
    meaning: str
    hint: str


IMAGE = PodProblem(
    "ND-KUBE-001",
    "A container image cannot be pulled.",
    "Check the name and tag of the node's runtime image, its pull secret, and that the cluster reaches the "
    "registry; then cancel the run and submit again.",
)
IMAGE_NAME = PodProblem(
    "ND-KUBE-002",
    "The name of a container image is not valid.",
    "Correct the node's runtime image, cancel the run and submit again.",
)
ROOM = PodProblem(
    "ND-KUBE-003",
    "No Kubernetes node has room for the pod.",
    "It starts when room becomes free. If it asks for more than any node has, lower the node's CPU, GPU or "
    "RAM, cancel the run and submit again.",
)
PLACE = PodProblem(
    "ND-KUBE-004",
    "No Kubernetes node takes the pod: taints, node selectors or affinities exclude it.",
    "Add a toleration of the taint to the node's Kubernetes Tolerations, or ask the cluster's administrator "
    "which nodes may run it; `kubectl describe nodes` names taints and labels.",
)
NO_CLAIM = PodProblem(
    "ND-KUBE-005",
    "A PersistentVolumeClaim that the pod mounts does not exist.",
    "Create it in the namespace of the pod, or correct its name: in the node's Data Volumes, or as CVMFS "
    "Volume Claim or Scratch Volume Claim in the runtime configuration. Then submit again.",
)
UNBOUND = PodProblem(
    "ND-KUBE-006",
    "A PersistentVolumeClaim that the pod mounts is not bound to a volume.",
    "`kubectl describe pvc` says why: most often its StorageClass or the storage driver is missing.",
)
MOUNT = PodProblem(
    "ND-KUBE-007",
    "A volume of the pod cannot be attached or mounted.",
    "Kubernetes tries again. If it stays, ask the cluster's administrator to look at the volume's driver on "
    "that Kubernetes node.",
)
SECRET = PodProblem(
    "ND-KUBE-008",
    "A secret or ConfigMap that the pod uses, or a key of it, does not exist.",
    "Create it in the namespace of the pod, or correct its name: in the node's Kubernetes Secrets, or as "
    "Credentials Secret in the runtime configuration. The task then starts by itself.",
)
CONTAINER = PodProblem(
    "ND-KUBE-009",
    "A container of the pod cannot be created or started.",
    "Check the node's runtime image, command and volumes; then cancel the run and submit again.",
)
OOM = PodProblem(
    "ND-KUBE-010",
    "A container was killed because it used more memory than it may.",
    "Give the node more RAM, or let it use less: smaller images, fewer at once.",
)
EVICTED = PodProblem(
    "ND-KUBE-011",
    "The pod was evicted from its Kubernetes node.",
    "If its disk was full, delete intermediate files or use a scratch volume; if its memory was, give the "
    "node more RAM. Then submit again.",
)
DEADLINE = PodProblem(
    "ND-KUBE-012",
    "The pod ran longer than it may.",
    "Split the work over several nodes, or ask the cluster's administrator for a later deadline.",
)
QUOTA = PodProblem(
    "ND-KUBE-013",
    "The namespace's quota does not allow the pod.",
    "It is created when other pods have ended. If it asks for more than the quota allows, lower the node's "
    "CPU, GPU or RAM, or ask the cluster's administrator for more.",
)
CVMFS = PodProblem(
    "ND-KUBE-014",
    "The sidecar waits for the CVMFS repository.",
    "Ask the cluster's administrator whether the CVMFS driver runs on that Kubernetes node and reaches its "
    "server.",
)
DISRUPTED = PodProblem(
    "ND-KUBE-015",
    "The pod was removed from its Kubernetes node, or the node has gone.",
    "Run it again: `elyra-neurodesk runs retry RUN`.",
)
REFUSED = PodProblem(
    "ND-KUBE-016",
    "The cluster refuses to create the pod.",
    "Ask the cluster's administrator which policy refuses it; the message names it.",
)
DRIVER = PodProblem(
    "ND-KUBE-017",
    "Kubeflow's driver, which prepares a task, has failed: the task was never started.",
    "The log of the driver's pod says why.",
)
ENDED = PodProblem(
    "ND-KUBE-018",
    "A container failed and left no message.",
    "Its log says why: `elyra-neurodesk runs logs RUN TASK`, or `kubectl logs` while the pod is there.",
)
SANDBOX = PodProblem(
    "ND-KUBE-019",
    "The pod's network or sandbox cannot be set up.",
    "Kubernetes tries again. If it stays, ask the cluster's administrator to look at the network plugin on "
    "that Kubernetes node.",
)
PROBLEMS = (
    *(IMAGE, IMAGE_NAME, ROOM, PLACE, NO_CLAIM, UNBOUND, MOUNT, SECRET, CONTAINER, OOM, EVICTED, DEADLINE),
    *(QUOTA, CVMFS, DISRUPTED, REFUSED, DRIVER, ENDED, SANDBOX),
)
"""All of them, for docs/errors.md."""


@dataclass(frozen=True)
class PodReason:
    """Why a pod waits or has failed.

    Attributes:
        code: of one of `PROBLEMS`, or that of an error which the task itself reported.
        message: one line that names the object and the limit.
        hint: the way out.
    """

    code: str
    message: str
    hint: str

    def __str__(self) -> str:
        """Return the line that people see."""
        return one_line(f"{self.code}: {self.message} {self.hint}" if self.code else self.message)


@dataclass(frozen=True)
class PodReport:
    """One pod of a run.

    Attributes:
        name: the pod's name.
        task: name of the task in the pipeline spec, "" for the driver of the whole pipeline.
        driver: whether it is KFP's driver of the task, which comes before the task's own pod.
        state: PENDING, RUNNING, SUCCEEDED or FAILED.
        created: when the pod was created.
        started: when its main container started, None where it has not.
        finished: when that ended.
        node: the Kubernetes node, "" before it is scheduled.
        reason: why it waits or has failed, None where nothing is wrong.
        waiting: what it waits for where nothing is wrong, "" when for nothing.
    """

    name: str
    task: str
    driver: bool
    state: str
    created: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    node: str = ""
    reason: PodReason | None = None
    waiting: str = ""


def report(pod: Json, events: Iterable[Json] = ()) -> PodReport:
    """Return what one pod of a run says.

    Args:
        pod: the Pod.
        events: of this pod, in any order; others are passed over.
    """
    metadata, status = pod["metadata"], pod.get("status") or {}
    own = sorted((event for event in events if _is_about(event, metadata["name"])), key=_event_time)
    state = _STATES.get(str(status.get("phase")), "PENDING")
    task, driver = _task_of(metadata.get("annotations") or {})
    main = _at(_container_status(status, MAIN), "state")
    ended = main.get("terminated") or {}
    running = main.get("running") or ended
    reason = explain(pod, own)
    return PodReport(
        name=metadata["name"],
        task=task,
        driver=driver,
        state=state,
        created=_time(metadata.get("creationTimestamp")),
        started=_time(running.get("startedAt")),
        finished=_time(ended.get("finishedAt")),
        node=str(_at(pod, "spec").get("nodeName") or ""),
        reason=reason,
        waiting="" if reason or state != "PENDING" else _waiting_for(pod, own),
    )


def needs_taints(reason: PodReason | None) -> bool:
    """Return whether a pod waits for taints that the scheduler does not name, as in Kubernetes 1.36."""
    return reason is not None and reason.code == PLACE.code and UNNAMED_TAINTS in reason.message


def with_taints(reason: PodReason, nodes: Iterable[Json]) -> PodReason:
    """Return the reason with the taints of the cluster's nodes (core/v1 Node) named."""
    taints = [taint for node in nodes for taint in _at(node, "spec").get("taints") or ()]
    named = dict.fromkeys(
        f"{one.get('key')}{'=' if one.get('value') else ''}{one.get('value') or ''}:{one.get('effect')}"
        for one in taints
        if one.get("effect") in ("NoSchedule", "NoExecute")
    )
    if not named:
        return reason
    more = ", …" if len(named) > _MAX_NAMED else ""
    found = f"{UNNAMED_TAINTS} ({', '.join([*named][:_MAX_NAMED])}{more})"
    return replace(reason, message=reason.message.replace(UNNAMED_TAINTS, found, 1))


def newest_by_task(reports: Iterable[PodReport]) -> dict[str, PodReport]:
    """Return for each task the pod that counts: of its newest attempt, its own and not the driver's.

    A driver counts as long as the task has no pod of its own that is newer. That of the whole pipeline is
    under "".
    """
    found: dict[str, PodReport] = {}
    for one in sorted(
        reports, key=lambda one: (one.created.timestamp() if one.created else 0, not one.driver)
    ):
        found[one.task] = one
    return found


def explain(pod: Json, events: Sequence[Json] = ()) -> PodReason | None:
    """Return why a pod waits without end or has failed, None where nothing is wrong.

    Args:
        pod: the Pod.
        events: its events, the oldest first.
    """
    status = pod.get("status") or {}
    if status.get("phase") == "Failed":
        return _failure(pod, status)
    if status.get("phase") == "Succeeded":
        return None
    for kind, wait in _waiting_containers(status):
        if (found := _container_problem(pod, kind, wait, events)) is not None:
            return found
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return _unscheduled(pod, str(condition.get("message") or condition.get("reason") or ""))
    if status.get("phase") == "Pending":
        return _event_problem(pod, status, events) or _sidecar_waits(pod, status)
    return None


def explain_refusal(text: str) -> PodReason | None:
    """Return why a pod was never created, from the API server's words; None for other texts.

    Args:
        text: the message of a workflow's node, or of an event ``FailedCreate``.
    """
    if "exceeded quota" in text:
        return _reason(QUOTA, f"the namespace's quota is used up: {_detail(text)}.")
    if "forbidden" in text or "denied the request" in text or "violates PodSecurity" in text:
        return _reason(REFUSED, f"the cluster refuses to create the pod: {_detail(text)}.")
    return None


def refusals(workflow: Json) -> dict[str, PodReason]:
    """Return why pods of a workflow were not created, by the names of their tasks; "" for the pipeline."""
    found = {}
    for node in workflow_nodes(workflow).values():
        if node.get("type") != "Pod" or node.get("phase") not in ("Pending", "Error", "Failed"):
            continue
        reason = explain_refusal(str(node.get("message") or ""))
        task, _ = _task_of({NODE_NAME: str(node.get("name") or "")})
        if reason:
            found[task] = reason
    return found


def workflow_nodes(workflow: Json) -> dict[str, Json]:
    """Return the nodes of an Argo workflow's status by their ids, also where Argo has compressed them.

    Argo writes them as gzip in base64 into ``compressedNodes`` when they exceed 1 MB
    (argo-workflows, util/file and persist/sqldb).
    """
    status = workflow.get("status") or {}
    packed = status.get("compressedNodes")
    if packed:
        try:
            nodes = json.loads(gzip.decompress(base64.b64decode(packed)))
        except (binascii.Error, OSError, EOFError, ValueError):
            return {}
        return nodes if isinstance(nodes, dict) else {}
    return dict(status.get("nodes") or {})


def _reason(problem: PodProblem, message: str, hint: str = "") -> PodReason:
    return PodReason(problem.code, one_line(message), hint or problem.hint)


# --- places


def _task_of(annotations: Json) -> tuple[str, bool]:
    """Return the task that a pod belongs to, and whether the pod is its driver."""
    path = [re.sub(r"\([^()]*\)$", "", part) for part in str(annotations.get(NODE_NAME) or "").split(".")]
    driver = annotations.get(ROLE) == "driver" or path[-1].endswith("-driver")
    if driver:
        return (path[-1].removesuffix("-driver") if len(path) > 2 else ""), True
    return (path[-2] if len(path) > 2 else ""), False


def _is_about(event: Json, name: str) -> bool:
    return bool(_at(event, "involvedObject").get("name") == name)


# --- failures


def _failure(pod: Json, status: Json) -> PodReason:
    why, text = str(status.get("reason") or ""), str(status.get("message") or "")
    if why == "Evicted":
        return _reason(EVICTED, f"the pod was evicted: {_detail(text) or why}.")
    if why == "DeadlineExceeded":
        return _reason(DEADLINE, f"the pod ran longer than its deadline allows{_seconds(pod)}.")
    ended = list(_terminated(status))
    for name, end in ended:
        if end.get("reason") == "OOMKilled":
            limit = _resource(pod, name, "limits", "memory")
            more = f"its limit of {limit}" if limit else "the Kubernetes node had left"
            return _reason(OOM, f"container {name} was killed because it used more memory than {more}.")
    for condition in status.get("conditions") or ():
        if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
            said = _detail(str(condition.get("message") or condition.get("reason") or ""))
            return _reason(DISRUPTED, f"the pod was removed from its Kubernetes node: {said}.")
    for name, end in ended:
        if end.get("exitCode"):
            return _exit(pod, name, end)
    said = _detail(": ".join(part for part in (why, text) if part)) or "Kubernetes gives no reason"
    return _reason(DISRUPTED, f"the pod has failed: {said}.")


def _exit(pod: Json, name: str, end: Json) -> PodReason:
    status, text = end["exitCode"], one_line(str(end.get("message") or ""))
    if text:
        own = re.fullmatch(r"(ND-[A-Z0-9]+-[0-9]+): (.*)", text)
        if own:
            return PodReason(own[1], own[2], "")
        return PodReason("", f"container {name} ended with exit status {status}: {_detail(text)}", "")
    if _task_of(_at(pod, "metadata", "annotations"))[1]:
        pods = f"`kubectl -n {_namespace(pod)} logs {_at(pod, 'metadata')['name']} -c {MAIN}`"
        message = f"Kubeflow's driver ended with exit status {status}: the task was never started."
        return _reason(DRIVER, message, f"{pods} says why.")
    if end.get("reason") in ("StartError", "ContainerCannotRun"):
        return _reason(CONTAINER, f"container {name} cannot be started ({end['reason']}).")
    stopped = " (it was stopped from outside)" if status in (137, 143) else ""
    return _reason(ENDED, f"container {name} ended with exit status {status}{stopped} and left no message.")


def _terminated(status: Json) -> Iterable[tuple[str, Json]]:
    """Yield name and end of each container that has ended, the task's own first."""
    statuses = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    for one in sorted(statuses, key=lambda one: one.get("name") != MAIN):
        end = _at(one, "state").get("terminated") or {}
        if end:
            yield str(one.get("name")), end


def _seconds(pod: Json) -> str:
    limit = _at(pod, "spec").get("activeDeadlineSeconds")
    return f" ({limit} s)" if limit else ""


# --- waiting


def _waiting_containers(status: Json) -> Iterable[tuple[str, Json]]:
    for one in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        wait = _at(one, "state").get("waiting") or {}
        if wait.get("reason") and wait["reason"] not in ("PodInitializing", "ContainerCreating"):
            yield str(one.get("name")), wait


def _container_problem(pod: Json, name: str, wait: Json, events: Sequence[Json]) -> PodReason | None:
    why, text = str(wait["reason"]), str(wait.get("message") or "")
    image = _container(pod, name).get("image") or "of the container"
    if why == "InvalidImageName":
        return _reason(IMAGE_NAME, f"{image!r}, the image of container {name}, is not a valid name.")
    if why in (
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "RegistryUnavailable",
        "ImageInspectError",
    ):
        return _reason(IMAGE, f"image {image} cannot be pulled ({why}): {_pull_detail(text, events)}.")
    if why == "CreateContainerConfigError" or (why == "CreateContainerError" and _missing(text)):
        if _missing(text):
            return _reason(SECRET, f"container {name} waits: {_detail(text)} in namespace {_namespace(pod)}.")
        return _reason(CONTAINER, f"container {name} cannot be created ({why}): {_detail(text)}.")
    if why == "CrashLoopBackOff":
        said = _detail(_last_words(pod, name) or text)
        return _reason(CONTAINER, f"container {name} ends again and again ({why}): {said}.")
    return _reason(
        CONTAINER, f"container {name} cannot be started ({why}): {_detail(text) or 'no reason given'}."
    )


def _last_words(pod: Json, name: str) -> str:
    """Return the message with which a container that is started again ended before, "" for none."""
    status = _at(pod, "status")
    for one in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        if one.get("name") == name:
            return str((_at(one, "lastState").get("terminated") or {}).get("message") or "")
    return ""


def _missing(text: str) -> bool:
    """Return whether Kubernetes says that a secret, a ConfigMap or a key of one is not there."""
    return bool(
        re.search(
            r"(?i)\b(secret|configmap)s? \"[^\"]*\" not found|couldn't find key|non-existent .*key", text
        )
    )


def _pull_detail(text: str, events: Sequence[Json]) -> str:
    """Return why a pull failed; older kubelets write it into an event alone."""
    found = text.partition("ErrImagePull: ")[2] or ("" if text.startswith("Back-off") else text)
    for event in reversed(events):
        said = str(event.get("message") or "")
        if not found and said.startswith("Failed to pull image"):
            found = said.partition(": ")[2]
    found = re.sub(r'^(rpc error: code = \w+ desc = )?failed to pull and unpack image "[^"]*": ', "", found)
    return _detail(found) or "Kubernetes gives no reason"


def _unscheduled(pod: Json, text: str) -> PodReason | None:
    said = _detail(re.split(r"\.? +(?:no new claims to deallocate|preemption:)", text)[0])
    claim = re.search(r'persistentvolumeclaim "([^"]+)" (not found|is being deleted)', text)
    if claim:
        gone = "does not exist" if claim[2] == "not found" else claim[2]
        return _reason(
            NO_CLAIM,
            f"PersistentVolumeClaim {claim[1]} {gone} in namespace {_namespace(pod)}: the pod waits.",
        )
    if re.search(
        r"unbound|binding volumes|bound to non-existent|did(n't| not) find available persistent", text
    ):
        claims = ", ".join(_claims(pod)) or "unknown"
        return _reason(
            UNBOUND,
            f"a PersistentVolumeClaim of the pod is not bound to a volume (it mounts {claims}): {said}.",
            f"`kubectl -n {_namespace(pod)} describe pvc` says why: most often its StorageClass or the "
            "storage driver is missing.",
        )
    lacking = re.findall(r"Insufficient ([\w./-]+\w)", text)
    if lacking or "Too many pods" in text:
        asked = [
            f"{resource} {amount}"
            for resource in dict.fromkeys(lacking)
            if (amount := _resource(pod, MAIN, "requests", resource))
        ]
        asks = f" (the task asks for {', '.join(asked)})" if asked else ""
        return _reason(ROOM, f"no Kubernetes node has room for the pod{asks}: {said}.")
    if re.search(r"taint|affinity|selector|unschedulable|node\(s\)", text):
        return _reason(PLACE, f"no Kubernetes node takes the pod: {said}.")
    if "SchedulingGated" in text or "scheduling gates" in text.lower():
        return None
    return _reason(PLACE, f"the pod is not scheduled: {said or 'Kubernetes gives no reason'}.")


def _event_problem(pod: Json, status: Json, events: Sequence[Json]) -> PodReason | None:
    """Return what the newest warning says, where the pod's status says nothing."""
    for event in reversed(events):
        why, text = str(event.get("reason")), str(event.get("message") or "")
        if why in ("Started", "Created", "Pulled"):  # it went on after older warnings
            return None
        if event.get("type") != "Warning":
            continue
        if why in ("FailedMount", "FailedAttachVolume", "FailedMapVolume"):
            if _missing(text):
                return _reason(
                    SECRET, f"a volume cannot be mounted in namespace {_namespace(pod)}: {_detail(text)}."
                )
            node = str(_at(pod, "spec").get("nodeName") or "")
            where = f" on Kubernetes node {node}" if node else ""
            return _reason(MOUNT, f"a volume cannot be mounted{where} ({why}): {_detail(text)}.")
        if why == "FailedCreatePodSandBox":
            return _reason(SANDBOX, f"the pod's sandbox cannot be created: {_detail(text)}.")
        if why == "FailedCreate" and (found := explain_refusal(text)):
            return found
        if why == "FailedScheduling":
            return _unscheduled(pod, text)
    return None


def _sidecar_waits(pod: Json, status: Json) -> PodReason | None:
    one = _container_status(status, SIDECAR)
    if "running" not in _at(one, "state") or one.get("started") is not False:
        return None
    paths = [mount["mountPath"] for mount in _container(pod, SIDECAR).get("volumeMounts") or ()]
    path = next((path for path in paths if path.startswith("/cvmfs")), "/cvmfs")
    node = str(_at(pod, "spec").get("nodeName") or "")
    since = _at(one, "state", "running").get("startedAt")
    return _reason(
        CVMFS,
        f"the sidecar waits for the CVMFS repository at {path} on Kubernetes node {node} since {since}.",
    )


def _waiting_for(pod: Json, events: Sequence[Json]) -> str:
    """Return what a pod waits for that is no problem: a place, or an image that is being pulled."""
    if not _at(pod, "spec").get("nodeName"):
        return "waiting for a Kubernetes node"
    pulling = ""
    for event in events:
        if event.get("reason") == "Pulling":
            pulling = re.sub(r'^Pulling image "(.*)"$', r"pulling image \1", str(event.get("message") or ""))
        elif event.get("reason") == "Pulled":
            pulling = ""
    return one_line(pulling) or "starting its containers"


# --- reading


def _at(tree: Any, *path: str) -> Json:
    """Return the mapping at ``path``, {} where there is none."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree if isinstance(tree, Mapping) else {}


def _container(pod: Json, name: str) -> Json:
    spec = _at(pod, "spec")
    both = (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
    return next((one for one in both if one.get("name") == name), {})


def _container_status(status: Json, name: str) -> Json:
    both = (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ()))
    return next((one for one in both if one.get("name") == name), {})


def _resource(pod: Json, container: str, kind: str, resource: str) -> str:
    return str(_at(_container(pod, container), "resources", kind).get(resource) or "")


def _claims(pod: Json) -> list[str]:
    volumes = _at(pod, "spec").get("volumes") or ()
    named = [str(_at(one, "persistentVolumeClaim").get("claimName") or "") for one in volumes]
    return [name for name in named if name][:_MAX_NAMED]


def _namespace(pod: Json) -> str:
    return str(_at(pod, "metadata").get("namespace") or "default")


def _detail(text: str) -> str:
    """Return what Kubernetes says as a part of a sentence."""
    line = one_line(text).rstrip(".")
    return line if len(line) <= _MAX_DETAIL else f"{line[:_MAX_DETAIL]} …"


def _event_time(event: Json) -> str:
    """Return when an event happened last; all forms are RFC 3339 in UTC."""
    series = _at(event, "series").get("lastObservedTime")
    first = _at(event, "metadata").get("creationTimestamp")
    return str(series or event.get("lastTimestamp") or event.get("eventTime") or first or "")


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None
