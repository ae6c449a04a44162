import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from kfp import compiler, dsl

from elyra_neurodesk.backend.package.inputs import TaskInputs, resolve_inputs
from elyra_neurodesk.backend.package.read import load_package
from elyra_neurodesk.backend.pod.model import RunnerConfig
from elyra_neurodesk.backend.process_handle import start_time

from .harness import only_task, wait_for

NASTY = [
    "$(HOME)",
    "$$(HOME)",
    "$HOME",
    "`id`",
    "a b\tc\nd",
    "'\"\\",
    "$(",
    "{{$}}",
    "{{$.inputs.parameters['x']}}",
    "é😀",
]


def log(directory, name="main"):
    return (directory / f"{name}.log").read_text()


def test_a_task_succeeds_and_its_output_is_in_its_log(bench):
    result, directory = bench.run("sh", "-c", "echo out; echo err >&2; pwd")
    assert (result.succeeded, result.exit_code, result.reason, result.message) == (True, 0, "completed", "")
    assert log(directory) == f"out\nerr\n{directory}/work\n"
    wait_for(lambda: not (directory / "work").exists())
    status = json.loads((directory / "status.json").read_text())
    assert status["started"] <= status["finished"]


def test_a_failure_keeps_its_exit_code_its_last_error_line_and_its_files(bench):
    result, directory = bench.run(
        "sh", "-c", "touch kept; echo 'ND-TASK-001: bad.'; echo 'KeyError: x'; exit 3"
    )
    assert (result.succeeded, result.exit_code, result.reason) == (False, 3, "failed")
    assert result.message == "ND-TASK-001: bad."
    assert (directory / "work" / "kept").exists()


def test_a_program_ended_by_a_signal_is_told_so(bench):
    result, directory = bench.run("sh", "-c", "kill -9 $$$$")
    assert (result.exit_code, result.reason) == (137, "failed")
    assert json.loads((directory / "status.json").read_text())["signal"] == 9


@pytest.mark.parametrize("program", ["no-such-program", "/no/such/program", "./relative"])
def test_a_missing_program_is_127_and_says_that_images_are_not_used(bench, program):
    result, directory = bench.run(program, "x")
    assert (result.succeeded, result.exit_code) == (False, 127)
    assert all(part in result.message for part in ("ND-LOCAL-114", repr(program), "not the image"))
    assert result.message in log(directory)


def test_a_container_that_relies_on_its_image_is_told_so(bench):
    result, _ = bench.run()
    assert "ND-LOCAL-114" in result.message
    assert "no command" in result.message


def test_environment_values_and_arguments_arrive_exactly(bench):
    script = (
        "import json, os, sys; print(json.dumps([[os.environ[f'V{i}'] for i in range(10)], sys.argv[1:]]))"
    )
    env = {f"V{index}": value.replace("$", "$$") for index, value in enumerate(NASTY)}
    arguments = [f"{{{{$.inputs.parameters['p{index}']}}}}" for index in range(len(NASTY))]
    inputs = TaskInputs(parameters={f"p{index}": value for index, value in enumerate(NASTY)})
    result, directory = bench.run(sys.executable, "-c", script, *arguments, env=env, inputs=inputs)
    assert result.succeeded, result.message
    assert json.loads(log(directory)) == [NASTY, NASTY]


def test_references_between_variables_and_to_them_are_expanded(bench):
    env = {"A": "1", "B": "$(A)2", "C": "$$(A)"}
    result, directory = bench.run("echo", "$(B)", "$(C)", "$(UNKNOWN)", "$$(A)", env=env)
    assert result.succeeded
    assert log(directory) == "12 $(A) $(UNKNOWN) $(A)\n"


def test_the_environment_is_minimal(bench, monkeypatch):
    monkeypatch.setenv("SOMETHING_OF_THE_SERVER", "secret")
    monkeypatch.setenv("PYTHONPATH", "/server")
    _, directory = bench.run("env")
    found = dict(line.split("=", 1) for line in log(directory).splitlines())
    assert "SOMETHING_OF_THE_SERVER" not in found
    assert "PYTHONPATH" not in found
    assert found["PATH"].startswith(f"{Path(sys.executable).parent}:")
    assert found["HOME"] == os.environ["HOME"]


def test_temporary_files_go_to_the_attempt_by_a_short_path_and_vanish(bench):
    bench.root = bench.root / ("long" * 20)
    result, directory = bench.run("sh", "-c", 'echo x >"$TMPDIR/file"; readlink -f "$TMPDIR"; echo "$TMPDIR"')
    assert result.succeeded
    real, short = log(directory).split()
    assert real == str(directory / "tmp")
    assert len(short) < 60
    wait_for(lambda: not Path(short).is_symlink() and not (directory / "tmp").exists())


@dsl.container_component
def make(text: dsl.OutputPath(str), number: dsl.OutputPath(int), data: dsl.Output[dsl.Dataset]):
    return dsl.ContainerSpec(
        image="busybox",
        command=["sh", "-c", 'printf "$4" >"$1"; echo 42 >"$2"; echo content >"$3"', "sh"],
        args=[text, number, data.path, "a\\nb"],
    )


@dsl.container_component
def use(run: str, text: str, number: int, data: dsl.Input[dsl.Dataset]):
    return dsl.ContainerSpec(
        image="busybox",
        command=["sh", "-c", 'echo "$1|$2|$3|$(cat "$4")|$5"', "sh"],
        args=[run, text, number, data.path, "{{$.pipeline_job_uuid}}"],
    )


def test_parameters_and_artifacts_go_from_one_task_to_the_next(bench, tmp_path):
    @dsl.pipeline(name="hand-over")
    def pipeline():
        first = make()
        use(
            run=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            text=first.outputs["text"],
            number=first.outputs["number"],
            data=first.outputs["data"],
        )

    file = tmp_path / "pipeline.yaml"
    compiler.Compiler().compile(pipeline, str(file))
    package = load_package(file.read_text())
    outputs = {}
    for name, node in package.tasks.items():
        inputs = resolve_inputs(node, {}, outputs)
        result, directory = bench.run(node=node, inputs=inputs)
        assert result.succeeded, result.message
        outputs[name] = json.loads(json.dumps(result.outputs))
    assert outputs["make"]["parameters"] == {"text": "a\nb", "number": 42}
    assert log(directory) == "run-1|a\nb|42|content|run-1\n"
    assert yaml.safe_load(file.read_text().split("---")[0])["pipelineInfo"]["name"] == "hand-over"


def test_a_declared_output_that_is_missing_fails_the_task_by_name(bench):
    node = only_task("true", outputs={"score": {"parameterType": "NUMBER_DOUBLE"}})
    result, _ = bench.run(node=node)
    assert (result.succeeded, result.exit_code, result.reason) == (False, 0, "outputs")
    assert "'score'" in result.message


def test_a_secret_reaches_the_program_and_no_file_afterwards(bench):
    bench.config = RunnerConfig(secrets={"store": {"key": "hunter$$2"}, "other": {"key": "unused-secret"}})
    platform = {
        "secretAsEnv": [{"secretName": "store", "keyToEnv": [{"secretKey": "key", "envVar": "TOKEN"}]}]
    }
    script = "import os, sys; sys.exit(os.environ['TOKEN'] != sys.argv[1][::-1])"
    result, directory = bench.run(sys.executable, "-c", script, "2$$$$retnuh", platform=platform)
    assert result.succeeded
    wait_for(lambda: not (directory / "work").exists())
    for file in directory.rglob("*"):
        if file.is_file():
            content = file.read_text()
            assert "hunter" not in content, file
            assert "unused-secret" not in content, file
    assert (directory / "POD.json").stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_missing_secret_fails_the_task_by_name(bench):
    platform = {
        "secretAsEnv": [{"secretName": "gone", "keyToEnv": [{"secretKey": "key", "envVar": "TOKEN"}]}]
    }
    result, _ = bench.run("true", platform=platform)
    assert result.reason == "setup"
    assert "ND-LOCAL-113" in result.message
    assert "'gone'" in result.message


def test_init_containers_run_before_main_and_sidecars_beside_it(bench):
    script = "trap 'echo stopping; exit 0' TERM; echo started; while :; do sleep 60 & wait $!; done"
    platform = {
        "emptyDirMounts": [{"volumeName": "shared", "mountPath": "/shared-of-pod"}],
        "initContainers": [
            {"name": "side", "image": "i", "command": ["sh", "-c", script], "restartPolicy": "Always"},
            {
                "name": "first",
                "image": "i",
                "command": ["sh", "-c", 'echo "$A" >/shared-of-pod/file; echo wrote'],
                "env": [{"name": "A", "value": "from init"}],
                "volumeMounts": [{"volumeName": "shared", "mountPath": "/shared-of-pod"}],
            },
        ],
    }
    # waits for the sidecar's first line, which may come later than main's start
    wait_side = "until [ -s ../side.log ]; do sleep 0.01; done; cat /shared-of-pod/file"
    result, directory = bench.run("sh", "-c", wait_side, platform=platform)
    assert result.succeeded, result.message
    assert log(directory) == "from init\n"
    lines = log(directory, "side").splitlines()
    assert (lines[0], lines[-1]) == ("started", "stopping")
    assert log(directory, "first") == "wrote\n"


def test_a_failing_init_container_fails_the_task_by_name_and_main_never_runs(bench):
    platform = {
        "initContainers": [
            {"name": "prepare", "image": "i", "command": ["sh", "-c", "echo oh no error; exit 4"]}
        ]
    }
    result, directory = bench.run("sh", "-c", "echo ran", platform=platform)
    assert (result.reason, result.exit_code) == ("init", None)
    assert all(part in result.message for part in ("ND-LOCAL-117", "'prepare'", "status 4", "oh no error"))
    assert "ran\n" not in log(directory)


def test_a_sidecar_that_ends_early_is_started_again(bench):
    platform = {
        "initContainers": [
            {"name": "side", "image": "i", "command": ["echo", "again"], "restartPolicy": "Always"}
        ]
    }
    result, directory = bench.run("sh", "-c", "sleep 1.4", platform=platform)
    assert result.succeeded
    assert log(directory, "side") == "again\nagain\n"


def test_a_sidecar_that_ignores_sigterm_is_killed_after_the_grace_period(bench):
    platform = {
        "initContainers": [
            {
                "name": "side",
                "image": "i",
                "command": ["sh", "-c", "trap '' TERM; echo up; sleep 60; sleep 60"],
                "restartPolicy": "Always",
            }
        ]
    }
    begin = time.monotonic()
    result, _ = bench.run("sh", "-c", "until [ -s ../side.log ]; do sleep 0.01; done", platform=platform)
    assert result.succeeded
    assert 1.0 <= time.monotonic() - begin < 30


def test_nothing_outlives_the_main_program(bench):
    result, directory = bench.run(
        "sh", "-c", "setsid sleep 77 & echo $! >../pid; sleep 78 & echo $! >>../pid"
    )
    assert result.succeeded
    for pid in (directory / "pid").read_text().split():
        wait_for(lambda pid=pid: not start_time(int(pid)))


def test_a_labelled_pod_gets_the_cvmfs_sidecar_which_sees_the_repository(bench, tmp_path):
    repository = tmp_path / "cvmfs"
    (repository / "neurodesk-modules" / "functional_imaging").mkdir(parents=True)
    bench.config = RunnerConfig(claims={"cv": repository}, grace_seconds=1.0)
    platform = {
        "pvcMount": [{"constant": "cv", "mountPath": "/cvmfs/neurodesk.ardc.edu.au"}],
        "podMetadata": {
            "labels": {"neurodesk.org/cvmfs": "enabled"},
            "annotations": {"neurodesk.org/cvmfs-claim": "cv", "neurodesk.org/sidecar-image": "busybox"},
        },
    }
    wait_side = "until [ -s ../neurodesk-cvmfs.log ]; do sleep 0.01; done"
    result, directory = bench.run("sh", "-c", wait_side, platform=platform)
    assert result.succeeded, result.message
    assert log(directory, "neurodesk-cvmfs").endswith("/neurodesk-modules\n")


def test_pods_of_one_run_at_the_same_time_do_not_meet(bench):
    started = [bench.start("sh", "-c", f"echo {index} >file; sleep 0.2; cat file") for index in range(8)]
    for index, (runner, attempt, handle) in enumerate(started):
        wait_for(lambda r=runner, a=attempt, h=handle: r.poll(a.directory, h) is not None)
        assert log(attempt.directory) == f"{index}\n"


def test_the_supervisor_imports_neither_kfp_nor_yaml():
    heavy = "('kfp', 'yaml', 'google', 'ssl')"
    code = f"import sys, elyra_neurodesk.backend.pod.pod; print([n for n in {heavy} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
