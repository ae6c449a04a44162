from typing import Optional

import pytest
import yaml
from kfp import compiler, dsl, kubernetes

from elyra_neurodesk.backend.package.errors import InvalidPackage, UnsupportedPackage
from elyra_neurodesk.backend.package.model import ContainerResources, to_json
from elyra_neurodesk.backend.package.read import load_package


# kfp reads annotations at run time and knows Optional only in this form.
# ruff: noqa: UP045
@dsl.container_component
def make(n: int, text: dsl.OutputPath(str), data: dsl.Output[dsl.Dataset]):
    return dsl.ContainerSpec(image="busybox", command=["sh", "-c", "true"], args=[n, text, data.path])


@dsl.container_component
def use(text: str, data: dsl.Input[dsl.Dataset], note: Optional[str] = None):
    return dsl.ContainerSpec(
        image="busybox",
        command=["echo", text, data.path],
        args=[dsl.IfPresentPlaceholder("note", then=["--note", note])],
    )


def compiled(pipeline, tmp_path) -> list[dict]:
    file = tmp_path / "pipeline.yaml"
    compiler.Compiler().compile(pipeline, str(file))
    return list(yaml.safe_load_all(file.read_text()))


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    @dsl.pipeline(name="two-tasks", description="what it is for")
    def pipeline(n: int = 3, ratio: float = 0.5, note: Optional[str] = None, table: dict = {"a": 1}):  # noqa: B006
        first = make(n=n)
        second = use(text=first.outputs["text"], data=first.outputs["data"], note=note)
        second.set_env_variable("HERE", "$(THERE)").set_caching_options(False)
        second.set_cpu_request("500m").set_cpu_limit("2").set_memory_limit("1Gi").set_display_name("Über 2")
        second.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1)
        second.set_retry(2, backoff_duration="3s", backoff_factor=1.5, backoff_max_duration="60s")
        kubernetes.mount_pvc(second, "cvmfs-neurodesk", "/cvmfs/neurodesk.ardc.edu.au")
        kubernetes.empty_dir_mount(second, "scratch", "/neurodesktop-storage", size_limit="1Gi")
        kubernetes.use_secret_as_env(second, "store", {"accesskey": "AWS_ACCESS_KEY_ID"})
        kubernetes.set_timeout(second, 100)

    return compiled(pipeline, tmp_path_factory.mktemp("ir"))


def load(documents):
    return load_package(yaml.safe_dump_all(documents))


def changed(documents, path, value):
    """Return a deep copy of the documents with one place changed; None removes it."""
    copy = yaml.safe_load(yaml.safe_dump(documents))
    place = copy
    for key in path[:-1]:
        place = place.setdefault(key, {}) if isinstance(place, dict) else place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return copy


def test_a_compiled_pipeline_is_read_completely(documents):
    package = load(documents)
    assert (package.name, package.spec.pipeline_info.description) == ("two-tasks", "what it is for")
    assert to_json(package.parameters["n"]) == {
        "parameterType": "NUMBER_INTEGER",
        "defaultValue": 3.0,
        "isOptional": True,
    }
    assert to_json(package.parameters["note"]) == {"parameterType": "STRING", "isOptional": True}
    assert list(package.tasks) == ["make", "use"]
    first, second = package.tasks.values()
    assert first.parents == ()
    assert to_json(first.spec.inputs.parameters["n"]) == {"componentInputParameter": "n"}
    assert first.output_types == {"text": "STRING"}
    data = first.component.output_definitions.artifacts["data"]
    assert data.artifact_type.schema_title == "system.Dataset"
    assert first.spec.retry_policy.max_retry_count == 0
    assert second.parents == ("make",)
    assert second.display_name == "Über 2"
    assert to_json(second.spec.inputs.parameters["text"]) == {
        "taskOutputParameter": {"producerTask": "make", "outputParameterKey": "text"}
    }
    assert to_json(second.spec.inputs.artifacts["data"]) == {
        "taskOutputArtifact": {"producerTask": "make", "outputArtifactKey": "data"}
    }
    assert second.component.input_definitions.parameters["note"].is_optional
    assert [(variable.name, variable.value) for variable in second.container.env] == [("HERE", "$(THERE)")]
    assert second.resources == ContainerResources(0.5, 2.0, None, 2**30, 1, "nvidia.com/gpu")
    assert second.container.resources.accelerator.resource_type == "nvidia.com/gpu"
    assert to_json(second.spec.retry_policy) == {
        "maxRetryCount": 2,
        "backoffDuration": "3s",
        "backoffFactor": 1.5,
        "backoffMaxDuration": "60s",
    }
    assert second.kubernetes.pvc_mount[0].mount_path == "/cvmfs/neurodesk.ardc.edu.au"
    assert second.kubernetes.active_deadline_seconds == 100


def test_a_package_without_the_platform_document_is_read(documents):
    assert to_json(load(documents[:1]).tasks["use"].kubernetes) == {}


def test_several_tasks_may_share_one_executor(documents):
    copy = changed(
        documents, [0, "root", "dag", "tasks", "again"], documents[0]["root"]["dag"]["tasks"]["make"]
    )
    package = load(copy)
    assert package.tasks["again"].container == package.tasks["make"].container
    assert package.tasks["again"].display_name == "make"


def test_a_constant_input_is_kept_as_the_package_has_it(documents):
    path = [0, "root", "dag", "tasks", "make", "inputs", "parameters", "n"]
    package = load(changed(documents, path, {"runtimeValue": {"constant": 7}}))
    source = package.tasks["make"].spec.inputs.parameters["n"]
    assert to_json(source.runtime_value.constant) == 7


TASKS = [0, "root", "dag", "tasks"]
PLATFORM = [1, "platforms", "kubernetes", "deploymentSpec", "executors"]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ([0, "nonsense"], 1, "nonsense"),
        ([0, "pipelineInfo", "name"], None, "no name"),
        ([0, "root", "dag", "tasks"], {}, "no tasks"),
        ([*TASKS, "make", "componentRef", "name"], "comp-gone", "comp-gone"),
        ([0, "components", "comp-make", "executorLabel"], "exec-gone", "exec-gone"),
        ([*TASKS, "make", "dependentTasks"], ["use"], "circle"),
        ([*TASKS, "make", "dependentTasks"], ["make"], "circle"),
        ([*TASKS, "make", "dependentTasks"], ["gone"], "'gone', which the pipeline lacks"),
        ([*TASKS, "make", "inputs", "parameters", "n", "componentInputParameter"], "m", "'m'"),
        (
            [*TASKS, "use", "inputs", "parameters", "text", "taskOutputParameter", "outputParameterKey"],
            "o",
            "'o'",
        ),
        ([0, "deploymentSpec", "executors", "exec-make", "container", "entrypoint"], "x", "entrypoint"),
        ([0, "deploymentSpec", "executors", "exec-make", "container", "env"], [{"name": "A=B"}], "'A=B'"),
        (
            [0, "deploymentSpec", "executors", "exec-use", "container", "resources", "resourceCpuLimit"],
            "lots",
            "'lots'",
        ),
        ([*PLATFORM, "exec-gone"], {}, "exec-gone"),
        ([*PLATFORM, "exec-use", "pvcMounts"], [], "pvcMounts"),
        ([*PLATFORM, "exec-use", "pvcMount", 0, "mountPath"], "cvmfs", "'cvmfs'"),
        ([*PLATFORM, "exec-use", "pvcMount", 0, "mountPath"], "/", "'/'"),
        ([*PLATFORM, "exec-use", "pvcMount", 0, "mountPath"], "/a/../etc", "'/a/../etc'"),
        ([*PLATFORM, "exec-use", "pvcMount", 0, "subPath"], "../up", "'../up'"),
        ([*PLATFORM, "exec-use", "pvcMount", 0], {"mountPath": "/x"}, "names no PVC"),
        ([*PLATFORM, "exec-use", "emptyDirMounts", 0, "volumeName"], "../x", "'../x'"),
        (
            [0, "components", "comp-make", "outputDefinitions", "parameters", "../x"],
            {"parameterType": "STRING"},
            "'../x'",
        ),
    ],
)
def test_a_package_that_contradicts_itself_is_refused_by_name(documents, path, value, words):
    with pytest.raises(InvalidPackage, match="ND-LOCAL-101") as caught:
        load(changed(documents, path, value))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "a: [", "- 1", "just text", "a: 1\n---\nb: 1\n---\nc: 1\n", "{}\n"])
def test_text_that_is_no_package_is_refused(text):
    with pytest.raises(InvalidPackage):
        load_package(text)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ([0], {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}, "Workflow"),
        ([*TASKS, "use", "triggerPolicy"], {"condition": "1 == 1"}, "task 'use' is a condition"),
        ([*TASKS, "use", "triggerPolicy"], {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}, "exit handler"),
        ([*TASKS, "use", "parameterIterator"], {"itemInput": "x"}, "task 'use' is a loop"),
        ([0, "deploymentSpec", "executors", "exec-make"], {"importer": {}}, "importer"),
        ([*PLATFORM, "exec-use", "configMapAsEnv"], [{"configMapName": "c"}], "configMapAsEnv"),
        (
            [0, "deploymentSpec", "executors", "exec-use", "container", "resources", "resourceCpuLimit"],
            "{{$.inputs.parameters['x']}}",
            "cpu_limit from a parameter",
        ),
    ],
)
def test_what_only_a_cluster_runs_is_refused_with_what_and_where(documents, path, value, words):
    with pytest.raises(UnsupportedPackage, match="ND-LOCAL-102") as caught:
        load(changed(documents, path, value))
    assert words in str(caught.value)
    assert "cluster" in str(caught.value)


def test_a_real_loop_condition_and_nested_pipeline_are_refused(tmp_path):
    @dsl.pipeline(name="loop")
    def loop():
        with dsl.ParallelFor([1, 2]) as item:
            make(n=item)

    @dsl.pipeline(name="branch")
    def branch(n: int = 1):
        with dsl.If(n == 1):
            make(n=n)

    @dsl.pipeline
    def inner():
        make(n=1)

    @dsl.pipeline(name="outer")
    def outer():
        inner()

    for pipeline, word in ((loop, "loop"), (branch, "condition"), (outer, "nested pipeline")):
        with pytest.raises(UnsupportedPackage, match=word):
            load(compiled(pipeline, tmp_path))


SIDECAR = {
    "name": "neurodesk-cvmfs",
    "image": "busybox",
    "command": ["sh", "-c", "true"],
    "args": ["x"],
    "env": [{"name": "A", "value": "1"}],
    "volumeMounts": [{"volumeName": "cvmfs-neurodesk", "mountPath": "/cvmfs/neurodesk.ardc.edu.au"}],
    "restartPolicy": "Always",
    "resources": {"requests": {"cpu": "10m"}, "limits": {"memory": "64Mi"}},
}


def test_init_containers_are_read_although_the_sdk_lacks_them(documents):
    package = load(changed(documents, [*PLATFORM, "exec-use", "initContainers"], [SIDECAR]))
    assert package.tasks["use"].init_containers == (SIDECAR,)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"restartPolicy": "Never"}, "restartPolicy"),
        ({"name": "No Good"}, "'No Good'"),
        ({"name": "main"}, "'main'"),
        ({"image": ""}, "no image"),
        ({"command": "sh"}, "wrong type"),
        ({"args": [1]}, "wrong type"),
        ({"env": [{"name": "", "value": "x"}]}, "without a name"),
        ({"env": [{"name": "A", "valueFrom": {}}]}, "valueFrom"),
        ({"volumeMounts": [{"volumeName": "v", "mountPath": "rel"}]}, "'rel'"),
        ({"volumeMounts": [{"mountPath": "/x"}]}, "without naming"),
        ({"resources": {"requests": {"cpu": "x"}}}, "'x'"),
        ({"resources": {"claims": {}}}, "claims"),
        ({"securityContext": {}}, "securityContext"),
    ],
)
def test_init_containers_are_checked_as_strictly_as_the_rest(documents, change, words):
    with pytest.raises(InvalidPackage) as caught:
        load(changed(documents, [*PLATFORM, "exec-use", "initContainers"], [{**SIDECAR, **change}]))
    assert words in str(caught.value)
