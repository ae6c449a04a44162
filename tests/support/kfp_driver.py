"""The pod-spec patch that KFP's driver makes of a task, byte for byte.

What goes in is what the compiled pipeline says of the task; what comes out is the driver's output parameter
``pod-spec-patch``, of which Argo keeps about eight copies for each task. Written after
backend/src/v2/driver (KFP's master of August 2026), and compared with patches that it made on a real cluster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

_PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.parameters\['([a-z0-9_]+)'\]\}\}")
HARDENED = {
    "capabilities": {"drop": ["ALL"]},
    "allowPrivilegeEscalation": False,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""What KFP adds to init containers; the task's own container has it in Argo's template."""


@dataclass(frozen=True)
class Launch:
    """What the driver knows of a run: all of it is KFP's own.

    Attributes:
        pipeline: the pipeline's name.
        run_id: the run's id.
        task: the task's name.
        execution: number of its execution.
        artifacts: the directory of its artifacts, which ends in a UUID.
    """

    pipeline: str
    run_id: str
    task: str
    execution: str = "23"
    artifacts: str = "809648c6-2fbe-4101-bbab-2594d0f40f61"

    def command(self, inputs: Json, component: Json) -> list[str]:
        """Return the launcher's words, with the task's inputs and component among them."""
        directory = f"mlpipeline/v2/artifacts/{self.pipeline}/{self.run_id}/{self.task}/{self.artifacts}"
        log = {
            "name": "executor-logs",
            "type": {"schemaTitle": "system.Artifact"},
            "uri": f"minio://{directory}/executor-logs",
        }
        given: dict[str, Any] = {"inputs": {"parameterValues": dict(inputs)}} if inputs else {}
        given["outputs"] = {
            "artifacts": {"executor-logs": {"artifacts": [log]}},
            "outputFile": f"/minio/{directory}/output_metadata.json",
        }
        return [
            *("/kfp-launcher/launch", "--executor_type", "container", "--pipeline_name", self.pipeline),
            *("--run_id", self.run_id, "--execution_id", self.execution),
            *("--executor_input", _protojson(given), "--component_spec", _protojson(component)),
            *("--pod_name", "$(KFP_POD_NAME)", "--pod_uid", "$(KFP_POD_UID)"),
            *("--ml_pipeline_server_address", "ml-pipeline.kubeflow.svc.cluster.local"),
            *("--ml_pipeline_server_port", "8887"),
            *("--mlmd_server_address", "metadata-grpc-service.kubeflow.svc.cluster.local"),
            *("--mlmd_server_port", "8080", "--publish_logs", "true", "--ml_pipeline_tls_enabled=false"),
            *("--metadata_tls_enabled=false", "--ca_cert_path", "", "--cache_disabled=false"),
            *("--log_level", "1", "--"),
        ]


def pod_spec_patch(launch: Launch, component: Json, task: Json, container: Json, platform: Json) -> str:
    """Return the patch.

    Args:
        launch: the run.
        component: the task's component spec.
        task: the task's spec in the DAG; parameters of the pipeline have no place in it.
        container: the executor's container.
        platform: the executor's Kubernetes configuration.
    """
    inputs = {
        name: launch.run_id if value == "{{$.pipeline_job_uuid}}" else value
        for name, value in (
            (name, source["runtimeValue"]["constant"])
            for name, source in sorted(task.get("inputs", {}).get("parameters", {}).items())
        )
    }
    ordered = {
        "inputDefinitions": component.get("inputDefinitions"),
        "executorLabel": component["executorLabel"],
    }
    main = {
        "name": "main",
        "image": container["image"],
        "command": launch.command(inputs, {key: value for key, value in ordered.items() if value}),
        "args": [
            _PLACEHOLDER.sub(lambda found: str(inputs[found[1]]), word)
            for word in (*container.get("command", ()), *container.get("args", ()))
        ],
        "env": [*container.get("env", ()), *_secret_env(platform)],
        "resources": _resources(container.get("resources", {})),
        "volumeMounts": _mounts(platform),
    }
    spec = {
        "volumes": _volumes(platform),
        "initContainers": [_init_container(one) for one in platform.get("initContainers", ())],
        "containers": [{key: value for key, value in main.items() if value or key == "resources"}],
    }
    return _go_json({key: value for key, value in spec.items() if value})


def bare_patch(launch: Launch) -> str:
    """Return KFP's part of a patch: the launcher with a task that has no inputs, command or volumes."""
    component = {"executorLabel": f"exec-{launch.task}"}
    main = {"name": "main", "command": launch.command({}, component), "resources": {}}
    return _go_json({"containers": [main]})


def _volumes(platform: Json) -> list[Json]:
    claims = [one["constant"] for one in platform.get("pvcMount", ())]
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    empty = platform.get("emptyDirMounts", ())
    return [
        *volumes,
        *({"name": one["volumeName"], "emptyDir": {"sizeLimit": one["sizeLimit"]}} for one in empty),
    ]


def _mounts(platform: Json) -> list[Json]:
    claims = [(one["constant"], one) for one in platform.get("pvcMount", ())]
    empty = [(one["volumeName"], one) for one in platform.get("emptyDirMounts", ())]
    return [{"name": name, "mountPath": one["mountPath"]} for name, one in (*claims, *empty)]


def _init_container(one: Json) -> Json:
    mounts = [
        {"name": mount["volumeName"], "mountPath": mount["mountPath"]}
        for mount in one.get("volumeMounts", ())
    ]
    made = {
        **{key: one.get(key) for key in ("name", "image", "command", "args")},
        "resources": one.get("resources", {}),
        "restartPolicy": one.get("restartPolicy"),
        "volumeMounts": mounts,
        "securityContext": HARDENED,
    }
    return {key: value for key, value in made.items() if value or key == "resources"}


def _secret_env(platform: Json) -> list[Json]:
    return [
        {
            "name": item["envVar"],
            "valueFrom": {"secretKeyRef": {"name": secret["secretName"], "key": item["secretKey"]}},
        }
        for secret in platform.get("secretAsEnv", ())
        for item in secret["keyToEnv"]
    ]


def _resources(given: Json) -> Json:
    requests = {"cpu": given.get("resourceCpuRequest"), "memory": given.get("resourceMemoryRequest")}
    limits = {"cpu": given.get("resourceCpuLimit"), "memory": given.get("resourceMemoryLimit")}
    parts = {"limits": limits, "requests": requests}
    filled = {
        kind: {key: value for key, value in part.items() if value is not None} for kind, part in parts.items()
    }
    return {kind: part for kind, part in filled.items() if part}


def _go_json(content: Any) -> str:
    """Return what Go's ``json.Marshal`` writes, which escapes ``&``, ``<`` and ``>``."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.translate({ord(sign): f"\\u{ord(sign):04x}" for sign in "&<>\u2028\u2029"})


def _protojson(content: Any) -> str:
    """Return what ``protojson`` writes: a blank after commas, none after colons; keys of maps are sorted."""
    return json.dumps(content, ensure_ascii=False, separators=(", ", ":"))
