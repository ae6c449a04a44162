"""The probe pod is a task's pod, and its script reaches Python as it is."""

from __future__ import annotations

import json
from importlib import resources

from elyra_neurodesk.cluster.deliveries.admission_policy import MOUNT_PATHS
from elyra_neurodesk.cluster.doctor.probe import pod as pods
from elyra_neurodesk.cluster.doctor.probe.pod import TaskPod, probe_command, task_pod
from elyra_neurodesk.cluster.pod_changes import selects
from elyra_neurodesk.settings import SecretReference
from tests.support.recorded_pods import container, recorded_pod
from tests.unit.cluster.doctor.variants import CONFIGURATION, IMAGE

ROOT = "/cvmfs/neurodesk.ardc.edu.au"
TASK = TaskPod(
    "kubeflow",
    "pipeline-runner",
    IMAGE,
    "cvmfs-neurodesk",
    ROOT,
    "20Gi",
    secret=SecretReference("mlpipeline-minio-artifact"),
)


def test_the_whole_pod() -> None:
    assert task_pod(TASK, "probe", ["python3", "-c", "$(HOME) $$"]) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "probe",
            "namespace": "kubeflow",
            "labels": {"neurodesk.org/cvmfs": "enabled", "app.kubernetes.io/managed-by": "elyra-neurodesk"},
            "annotations": {
                "neurodesk.org/sidecar-image": IMAGE,
                "neurodesk.org/cvmfs-claim": "cvmfs-neurodesk",
                "sidecar.istio.io/inject": "false",
            },
        },
        "spec": {
            "serviceAccountName": "pipeline-runner",
            "restartPolicy": "Never",
            "activeDeadlineSeconds": 300,
            "terminationGracePeriodSeconds": 5,
            "containers": [
                {
                    "name": "main",
                    "image": IMAGE,
                    "command": ["python3", "-c", "$$(HOME) $$$$"],
                    "env": [
                        {"name": "NEURODESK_CVMFS_ROOT", "value": ROOT},
                        {
                            "name": "AWS_ACCESS_KEY_ID",
                            "valueFrom": {
                                "secretKeyRef": {"name": "mlpipeline-minio-artifact", "key": "accesskey"}
                            },
                        },
                        {
                            "name": "AWS_SECRET_ACCESS_KEY",
                            "valueFrom": {
                                "secretKeyRef": {"name": "mlpipeline-minio-artifact", "key": "secretkey"}
                            },
                        },
                    ],
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "volumeMounts": [
                        {"name": "cvmfs-neurodesk", "mountPath": ROOT},
                        {"name": "neurodesktop-storage", "mountPath": "/neurodesktop-storage"},
                    ],
                }
            ],
            "volumes": [
                {"name": "cvmfs-neurodesk", "persistentVolumeClaim": {"claimName": "cvmfs-neurodesk"}},
                {"name": "neurodesktop-storage", "emptyDir": {"sizeLimit": "20Gi"}},
            ],
        },
    }


def test_it_is_what_kfp_and_argo_make_of_a_task() -> None:
    recorded, made = recorded_pod("task-admission"), task_pod(TASK, "probe", ["true"])
    assert selects(made)
    assert made["spec"]["serviceAccountName"] == recorded["spec"]["serviceAccountName"]
    assert made["spec"]["restartPolicy"] == recorded["spec"]["restartPolicy"]
    theirs, ours = container(recorded, "main"), container(made, "main")
    assert ours["securityContext"] == theirs["securityContext"]
    assert ours["image"] == theirs["image"]
    mounts = [
        one for one in theirs["volumeMounts"] if one["mountPath"] in (*MOUNT_PATHS, "/neurodesktop-storage")
    ]
    assert ours["volumeMounts"] == mounts
    secrets = [one for one in theirs["env"] if one["name"].startswith("AWS_")]
    assert [one for one in ours["env"] if one["name"].startswith("AWS_")] == secrets


def test_the_script_is_a_file_of_the_package_and_its_question_is_json() -> None:
    python, option, script, asked = probe_command(CONFIGURATION)
    assert (python, option) == ("python3", "-c")
    assert script == resources.files(pods.__package__).joinpath("script.py").read_text("utf-8")
    assert len(script.encode()) < 64_000
    assert json.loads(asked)["endpoint"] == "http://seaweedfs.kubeflow:9000"
    assert json.loads(probe_command(None)[3])["endpoint"] == ""
