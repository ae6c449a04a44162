"""Ask the cluster, KFP and the object store all that checks look at: at once, and in bounded time."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from elyra_neurodesk.cluster.api import Api, KubernetesForbidden, KubernetesRefused, Object, ObjectNotFound
from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.cluster.doctor.checks.access import READER_RIGHTS, TASK_RIGHTS
from elyra_neurodesk.cluster.doctor.model import (
    ClusterEvidence,
    Refusal,
    Right,
    Service,
    StoreAnswer,
    WaitingPod,
)
from elyra_neurodesk.cluster.doctor.probe.pod import TaskPod, task_pod
from elyra_neurodesk.cluster.facts import Unknown, Workload, gather, workload
from elyra_neurodesk.cluster.pods import report
from elyra_neurodesk.cluster.run_pods import ClusterUnreachable
from elyra_neurodesk.cluster.services import service_of
from elyra_neurodesk.cluster.setup import SetUp, mount_path
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.kfp_api.errors import AccessDenied, ApiError, LoginPage
from elyra_neurodesk.kfp_api.health import Health, precheck
from elyra_neurodesk.settings import ANONYMOUS, BEARER_TOKEN, RuntimeConfiguration
from elyra_neurodesk.storage.client import credentials_of, endpoint_from_here
from elyra_neurodesk.storage.errors import ErrorClass
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.storage.minio_transport import MinioTransport

WITHIN = 9.0
"""Seconds for everything."""

TIMEOUT = 3.0
"""Seconds to connect, and seconds to wait for one answer."""

_FIRST = 0.7  # share of the time for what depends on nothing else
_REVIEWS = "/apis/authorization.k8s.io/v1"
_KFP_PODS = "pipelines.kubeflow.org/v2_component=true"
_MAX_PODS = "100"
_MAX_EVENTS = "500"

Question = Callable[[], Any]


def collect(
    api: Api,
    set_up: SetUp,
    context: str = "",
    configuration: RuntimeConfiguration | None = None,
    image: str = "",
    within: float = WITHIN,
) -> ClusterEvidence:
    """Ask everything that `ClusterEvidence` has but a probe pod.

    What may not be read, and what does not answer in time, is `Unknown`.

    Args:
        api: of the cluster.
        set_up: what the cluster should have.
        context: of the kubeconfig, for messages.
        configuration: runtime configuration whose endpoints are asked; without one they are not.
        image: of the task that the API server is asked about.
        within: seconds for everything.

    Raises:
        ClusterUnreachable: there is no answer, or not in time.
        KubernetesForbidden: the cluster does not accept the account at all.
    """
    deadline = time.monotonic() + within
    namespace = set_up.namespace
    questions: dict[str, Question] = {
        "facts": lambda: gather(api, namespace, context, set_up.kfp_namespace),
        "namespaces": lambda: _namespaces(api),
        "deployments": lambda: _deployments(api, set_up.kfp_namespace),
        "waiting": lambda: _waiting(api, namespace),
        "rights": lambda: _rights(api, namespace, READER_RIGHTS),
        "clock": api.seconds_ahead,
    }
    if configuration:
        questions["kfp"] = lambda: _kfp(configuration)
        questions["store"] = lambda: _store(configuration)
    answers = ask_at_once(questions, within * _FIRST)
    facts = answers.pop("facts")
    if isinstance(facts, Exception):
        raise facts
    if isinstance(facts, Unknown):
        raise ClusterUnreachable(f"the cluster's API server has not answered all questions: {facts.reason}.")
    known: dict[str, Any] = {name: _or_unknown(answer) for name, answer in answers.items()}
    evidence = ClusterEvidence(facts, set_up, configuration, **known)
    answers = ask_at_once(_dependent(api, evidence, image), deadline - time.monotonic())
    known |= {name: _or_unknown(answer) for name, answer in answers.items()}
    return ClusterEvidence(facts, set_up, configuration, **known)


def _dependent(api: Api, evidence: ClusterEvidence, image: str) -> dict[str, Question]:
    """Return the questions that need the first answers."""
    found: dict[str, Question] = {
        "task_rights": lambda: _rights(api, evidence.namespace, TASK_RIGHTS, evidence.task_account),
    }
    if evidence.facts.namespace_labels is not None:
        task = task_of(evidence, image)
        found["example"] = lambda: _example(api, task)
    service = store_service(
        evidence.configuration.object_store_endpoint if evidence.configuration else "",
        evidence.namespace,
        (*(evidence.namespaces or ()), evidence.facts.kfp_namespace),
    )
    if service:
        found["store_service"] = lambda: _service(api, service)
    return found


def task_of(evidence: ClusterEvidence, image: str) -> TaskPod:
    """Return what a task's pod is made of in this cluster."""
    configuration = evidence.configuration
    path = configuration.cvmfs_mount_path if configuration else mount_path(evidence.set_up, evidence.facts)
    return TaskPod(
        evidence.namespace,
        evidence.task_account,
        image,
        evidence.set_up.claim,
        path,
        configuration.scratch_size if configuration else "",
        configuration.scratch_claim if configuration else "",
        configuration.secret if configuration else None,
    )


def ask_at_once(questions: Mapping[str, Question], within: float) -> dict[str, Any]:
    """Return each answer, the exception of each that failed, and Unknown for those that came too late."""
    late = Unknown(f"no answer within {within:.0f} s")
    answers: dict[str, Any] = dict.fromkeys(questions, late)

    def ask(name: str) -> None:
        try:
            answer = questions[name]()
        except Exception as problem:
            answer = problem
        answers[name] = answer

    # not a pool, whose threads the interpreter waits for at its end
    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in questions]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + within
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return dict(answers)


def _or_unknown(answer: Any) -> Any:
    if isinstance(answer, (ApiError, Unknown)):
        return answer
    if isinstance(answer, ClusterError):
        return Unknown(answer.message, isinstance(answer, KubernetesForbidden))
    if isinstance(answer, Exception):
        raise answer
    return answer


# --- the API server


def _namespaces(api: Api) -> dict[str, dict[str, str]]:
    items = api.items("/api/v1/namespaces")
    return {item["metadata"]["name"]: dict(item["metadata"].get("labels") or {}) for item in items}


def _deployments(api: Api, namespace: str) -> tuple[Workload, ...]:
    items = api.items(f"/apis/apps/v1/namespaces/{namespace}/deployments")
    return tuple(workload(item, "Deployment") for item in items)


def _waiting(api: Api, namespace: str) -> tuple[WaitingPod, ...]:
    core = f"/api/v1/namespaces/{namespace}"
    pending = {"fieldSelector": "status.phase=Pending", "labelSelector": _KFP_PODS, "limit": _MAX_PODS}
    pods = api.items(f"{core}/pods", **pending)
    if not pods:
        return ()
    events = api.items(f"{core}/events", fieldSelector="involvedObject.kind=Pod", limit=_MAX_EVENTS)
    found = [(pod["metadata"]["name"], report(pod, events).reason) for pod in pods]
    return tuple(
        WaitingPod(name, reason.code, reason.message, reason.hint) for name, reason in found if reason
    )


def _rights(api: Api, namespace: str, rights: Iterable[Right], account: str = "") -> dict[Right, bool]:
    """Return what this account may do, or a service account of the namespace."""
    found = {}
    for right in rights:
        resource, _, subresource = right.resource.partition("/")
        asked: Object = {
            "namespace": namespace,
            "verb": right.verb,
            "group": right.group,
            "resource": resource,
            "subresource": subresource,
        }
        kind, path = "SelfSubjectAccessReview", f"{_REVIEWS}/selfsubjectaccessreviews"
        spec: Object = {"resourceAttributes": asked}
        if account:
            kind = "LocalSubjectAccessReview"
            path = f"{_REVIEWS}/namespaces/{namespace}/localsubjectaccessreviews"
            spec["user"] = f"system:serviceaccount:{namespace}:{account}"
            spec["groups"] = [
                "system:serviceaccounts",
                f"system:serviceaccounts:{namespace}",
                "system:authenticated",
            ]
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": kind,
            "metadata": {"namespace": namespace} if account else {},
            "spec": spec,
        }
        found[right] = bool(api.post(path, body)["status"].get("allowed"))
    return found


def _example(api: Api, task: TaskPod) -> Object | Refusal | Unknown:
    """Return a task's pod as the API server would store it; nothing is created."""
    pod = task_pod(task, f"neurodesk-example-{secrets.token_hex(4)}", ["true"])
    try:
        return api.post(f"/api/v1/namespaces/{task.namespace}/pods", pod, dryRun="All")
    except KubernetesForbidden as problem:
        # both are status 403: what this account may not do, and what admission does not let in
        if " cannot create resource " in problem.message:
            return Unknown(problem.message, forbidden=True)
        return Refusal(_said(problem))
    except KubernetesRefused as problem:
        return Refusal(_said(problem))


def _said(problem: NeurodeskError) -> str:
    """Return the API server's words without our path before them."""
    return problem.message.partition(": ")[2].rstrip(".") or problem.message


def store_service(endpoint: str, namespace: str, namespaces: Iterable[str]) -> Service | None:
    """Return the Service that an address means in a pod, None for an address outside of the cluster.

    Args:
        endpoint: URL.
        namespace: of the pod, where a name without dots is looked for.
        namespaces: of the cluster, as far as they are known.
    """
    found = service_of(endpoint, namespace)
    if found is None or not (found.certain or found.namespace in namespaces):
        return None
    return Service(found.name, found.namespace, None)


def _service(api: Api, service: Service) -> Service:
    try:
        item = api.get(f"/api/v1/namespaces/{service.namespace}/services/{service.name}")
    except ObjectNotFound:
        return service
    ports = tuple(int(one["port"]) for one in item["spec"].get("ports") or ())
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{service.namespace}/endpointslices"
    ready: bool | None = None
    if item["spec"].get("type") != "ExternalName":
        try:
            found = api.items(slices, labelSelector=f"kubernetes.io/service-name={service.name}")
            ready = any(
                one.get("conditions", {}).get("ready") is not False
                for each in found
                for one in each.get("endpoints") or ()
            )
        except ClusterError:
            ready = None
    return Service(service.name, service.namespace, ports, ready)


# --- what the runtime configuration names


def _kfp(configuration: RuntimeConfiguration) -> Health | ApiError | Unknown:
    ca_file = os.environ.get("KF_PIPELINES_SSL_SA_CERTS") or None
    headers = {}
    if configuration.auth_type == BEARER_TOKEN and configuration.api_password:
        headers = {"Authorization": f"Bearer {configuration.api_password}"}
    try:
        return precheck(configuration.api_endpoint, headers=headers, ca_file=ca_file, timeout=TIMEOUT)
    except (AccessDenied, LoginPage) as problem:
        if headers or configuration.auth_type == ANONYMOUS:
            return problem
        return Unknown(f"{configuration.api_endpoint} asks for a login, which this command does not try")
    except ApiError as problem:
        return problem


def _store(configuration: RuntimeConfiguration) -> StoreAnswer | Unknown:
    endpoint = endpoint_from_here(configuration)
    location = StorageLocation(endpoint, configuration.bucket)
    try:
        credentials = credentials_of(configuration)
        transport = MinioTransport(location, credentials, os.environ, read_timeout=TIMEOUT)
    except (NeurodeskError, ValueError) as problem:
        return Unknown(str(problem))
    try:
        transport.get(location.key(".elyra-neurodesk", "doctor"))
    except Exception as problem:
        failure = transport.classify_error(problem)
        if failure is None:
            raise
        if failure.error_class is not ErrorClass.NO_OBJECT:
            return StoreAnswer(endpoint, failure.error_class, failure.reason)
    return StoreAnswer(endpoint)
