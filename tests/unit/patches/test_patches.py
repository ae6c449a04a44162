"""All patches in their order: a task in, a whole task out."""

from __future__ import annotations

import hashlib
import pkgutil
from dataclasses import replace
from importlib import import_module
from inspect import get_annotations, isfunction
from pathlib import Path

from elyra_neurodesk import patches
from elyra_neurodesk.bootstrapper.specs import read_document
from elyra_neurodesk.graph.model import Task, TaskGraph
from elyra_neurodesk.patches import PATCHES, patch_graph, patch_task, specs_document
from tests.support.contexts import CATALOG, NOTEBOOK, SPEC, context

PATCH = {"task": "Task", "context": "SubmissionContext", "return": "Task"}


def test_every_patch_has_a_file_and_a_place_in_the_order() -> None:
    found = []
    for module in pkgutil.iter_modules(patches.__path__, f"{patches.__name__}."):
        own = [
            value
            for value in vars(import_module(module.name)).values()
            if isfunction(value) and value.__module__ == module.name
            if not value.__name__.startswith("_") and get_annotations(value) == PATCH
        ]
        assert len(own) <= 1, module.name
        found += own
    assert set(found) == set(PATCHES)
    assert len(PATCHES) == len(set(PATCHES))


def test_every_patch_has_a_test_file() -> None:
    tests = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    named = {patch.__module__.rpartition(".")[2] for patch in PATCHES}
    assert named <= tests


def test_a_notebook_task_with_everything() -> None:
    patched = patch_task(NOTEBOOK, context(source="p.pipeline"))
    assert patched == replace(
        NOTEBOOK,
        env={},
        spec=replace(
            SPEC,
            env={
                "NEURODESK_IMAGE": "img",
                "NEURODESK_CVMFS_ROOT": "/cvmfs/neurodesk.ardc.edu.au",
                "LMOD_CMD": "/usr/share/lmod/lmod/libexec/lmod",
                "OFFLINE_MODULES": "/neurodesktop-storage/containers/modules/",
                "MPLCONFIGDIR": "/tmp/matplotlib",
                "ELYRA_RUNTIME_ENV": "kfp",
                "ELYRA_WRITABLE_CONTAINER_DIR": "/tmp",
                "ELYRA_ENABLE_PIPELINE_INFO": "True",
                "A": "1",
            },
        ),
        platform={
            "podMetadata": {
                "labels": {
                    "elyra/node-type": "notebook-script",
                    "elyra/pipeline-name": "p",
                    "elyra/experiment-name": "p",
                    "elyra/node-name": "T",
                    "neurodesk.org/cvmfs": "enabled",
                },
                "annotations": {
                    "elyra/node-file-name": "a.ipynb",
                    "elyra/pipeline-source": "p.pipeline",
                    "neurodesk.org/sidecar-image": "img",
                    "neurodesk.org/cvmfs-claim": "cvmfs-neurodesk",
                },
            },
            "pvcMount": [{"constant": "cvmfs-neurodesk", "mountPath": "/cvmfs/neurodesk.ardc.edu.au"}],
            "emptyDirMounts": [
                {
                    "volumeName": "nd-tmp",
                    "mountPath": "/neurodesktop-storage",
                    "sizeLimit": "20Gi",
                }
            ],
            "secretAsEnv": [
                {
                    "secretName": "creds",
                    "keyToEnv": [
                        {"secretKey": "user", "envVar": "AWS_ACCESS_KEY_ID"},
                        {"secretKey": "pass", "envVar": "AWS_SECRET_ACCESS_KEY"},
                    ],
                }
            ],
        },
    )
    assert NOTEBOOK.platform == {}


def test_a_catalog_task_gets_cvmfs_and_no_credentials() -> None:
    patched = patch_task(CATALOG, context())
    assert set(patched.platform) == {"podMetadata", "pvcMount", "emptyDirMounts"}
    assert "ELYRA_WRITABLE_CONTAINER_DIR" not in patched.env
    assert patched.env["NEURODESK_CVMFS_ROOT"] == "/cvmfs/neurodesk.ardc.edu.au"


def test_the_notebooks_of_a_graph_name_the_document_with_their_specifications() -> None:
    container = replace(NOTEBOOK.container, args=("URL", "RUN", "TASK"))
    graph = patch_graph(TaskGraph("p", "", (replace(NOTEBOOK, container=container), CATALOG)), context())
    document = specs_document(graph)
    sha256 = hashlib.sha256(document).hexdigest()
    notebook, catalog = graph.tasks
    assert notebook.container == replace(container, args=("URL", sha256, "RUN", "TASK"))
    assert catalog.container is None
    assert read_document(document, sha256) == {"t": notebook.spec}


def test_all_tasks_of_a_graph_carry_the_same_version() -> None:
    graph = TaskGraph("p", "", (NOTEBOOK, CATALOG))
    first, again = patch_graph(graph, context()), patch_graph(graph, context())
    assert first == again
    versions = {task.platform["podMetadata"]["labels"]["elyra/pipeline-version"] for task in first.tasks}
    assert len(versions) == 1
    other = patch_graph(replace(graph, tasks=(Task("t", "T2", component=CATALOG.component),)), context())
    assert other.tasks[0].platform["podMetadata"]["labels"]["elyra/pipeline-version"] not in versions
