import json
from collections.abc import Callable
from pathlib import Path

import pytest
from kfp import dsl
from kfp_server_api import ApiException

from tests.integration.backend.support import (
    Server,
    compile_package,
    states,
    wait_for_end,
    wait_until,
)


def submit(server: Server, package: str) -> str:
    return str(server.client().create_run_from_pipeline_package(package).run_id)


def test_what_follows_a_failure_is_skipped_and_the_rest_runs(server: Server, tmp_path: Path) -> None:
    tasks = {
        "bad": ((), "echo the reason >&2; exit 3"),
        "after-bad": (("bad",), "echo never"),
        "after-both": (("after-bad", "good"), "echo never"),
        "good": ((), "echo fine"),
        "after-good": (("good",), "echo fine"),
    }
    tasks = {name: tasks[name] for name in ("bad", "good", "after-bad", "after-both", "after-good")}
    run = wait_for_end(server.client(), submit(server, compile_package(tmp_path / "p.yaml", tasks)))
    assert states(run) == {
        "bad": "FAILED",
        "after-bad": "SKIPPED",
        "after-both": "SKIPPED",
        "good": "SUCCEEDED",
        "after-good": "SUCCEEDED",
    }
    assert run.state == "FAILED"
    assert "bad" in run.error.message
    bad = next(task for task in run.run_details.task_details if task.display_name == "bad")
    assert "the reason" in bad.error.message


def test_tasks_run_side_by_side_as_the_cores_allow(fresh: Server, tmp_path: Path) -> None:
    """Tasks wait until as many run as may; then each notes how many run, which are never more."""
    shared, reached, counts = tmp_path / "shared", tmp_path / "reached", tmp_path / "counts"
    shared.mkdir()

    def cpus(request: str) -> object:
        return lambda name, task: task.set_cpu_request(request).set_cpu_limit(request)

    def side_by_side(most: int, adjust: object, **options: object) -> None:
        counts.write_text("")
        reached.unlink(missing_ok=True)
        script = (
            f"touch {shared}/$$$$; "
            f"until [ -e {reached} ] || [ $(ls {shared} | wc -l) -ge {most} ]; do sleep 0.05; done; "
            f"touch {reached}; sleep 0.3; ls {shared} | wc -l >> {counts}; rm {shared}/$$$$"
        )
        fresh.up(warm=False, **options)
        tasks = {f"t{number}": ((), script) for number in range(most + 2)}
        package = compile_package(tmp_path / "p.yaml", tasks, adjust)  # type: ignore[arg-type]
        assert wait_for_end(fresh.client(), submit(fresh, package)).state == "SUCCEEDED"
        assert max(map(int, counts.read_text().split())) == most

    side_by_side(2, lambda name, task: None, cpus=2.0)
    side_by_side(4, cpus("500m"), cpus=2.0)
    side_by_side(1, cpus("1500m"), cpus=2.0)
    side_by_side(3, cpus("500m"), cpus=2.0, parallelism=3)
    memory = lambda name, task: task.set_memory_request("1G").set_cpu_request("100m")  # noqa: E731
    side_by_side(2, memory, parallelism=0, memory="2500M")


@pytest.mark.parametrize(
    ("request_it", "said"),
    [
        (lambda task: task.set_memory_request("900T"), "requests 818.5 TiB of memory and this machine has"),
        (lambda task: task.set_cpu_request("4000"), "requests 4000 CPUs and this machine has"),
        (
            lambda task: task.set_accelerator_type("example.org/gpu").set_accelerator_limit(2),
            "requests 2 GPUs (example.org/gpu) and this machine has 0.",
        ),
    ],
)
def test_a_request_beyond_the_machine_is_refused_at_once(
    server: Server, tmp_path: Path, request_it: Callable[[dsl.PipelineTask], object], said: str
) -> None:
    def adjust(name: str, task: dsl.PipelineTask) -> None:
        if name == "huge":
            request_it(task)

    before = server.client().list_runs(page_size=100).total_size
    package = compile_package(tmp_path / "p.yaml", {"small": ((), "true"), "huge": ((), "true")}, adjust)
    with pytest.raises(ApiException) as caught:
        submit(server, package)
    assert caught.value.status == 400
    message = json.loads(caught.value.body)["message"]
    for part in ("ND-LOCAL-014", "'huge'", said, "cluster"):
        assert part in message
    assert "\n" not in message
    assert server.client().list_runs(page_size=100).total_size == before


def test_a_task_is_tried_again_as_often_as_it_asks(server: Server, tmp_path: Path) -> None:
    count = "echo x >> {0}; [ $(wc -l < {0}) -gt {1} ]"

    def adjust(name: str, task: dsl.PipelineTask) -> None:
        task.set_retry(num_retries=2, backoff_duration="0s")

    tasks = {
        "third-time": ((), count.format(tmp_path / "a", 2)),
        "never": ((), count.format(tmp_path / "b", 9)),
    }
    run = wait_for_end(server.client(), submit(server, compile_package(tmp_path / "p.yaml", tasks, adjust)))
    assert states(run) == {"third-time": "SUCCEEDED", "never": "FAILED"}
    assert (tmp_path / "b").read_text().count("x") == 3


def test_a_terminated_run_ends_soon_and_leaves_no_process(server: Server, tmp_path: Path) -> None:
    client = server.client()
    tasks = {
        "long": ((), f"echo $$$$ > {tmp_path}/pid; exec sleep 300"),
        "next": (("long",), "true"),
    }
    run_id = submit(server, compile_package(tmp_path / "p.yaml", tasks))
    with pytest.raises(ApiException) as caught:
        client.delete_run(run_id)
    assert caught.value.status == 400
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip(), 10)
    client.terminate_run(run_id)
    run = wait_for_end(client, run_id, 15)
    assert (run.state, states(run)) == ("CANCELED", {"long": "CANCELED", "next": "CANCELED"})
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
    client.terminate_run(run_id)
    assert client.get_run(run_id).state == "CANCELED"


def test_only_what_failed_runs_again_on_retry(server: Server, tmp_path: Path) -> None:
    client = server.client()
    tasks = {
        "good": ((), f"echo x >> {tmp_path}/good"),
        "bad": (("good",), f"echo x >> {tmp_path}/bad; [ -e {tmp_path}/mended ]"),
        "last": (("bad",), f"echo x >> {tmp_path}/last"),
    }
    run_id = submit(server, compile_package(tmp_path / "p.yaml", tasks))
    assert wait_for_end(client, run_id).state == "FAILED"
    (tmp_path / "mended").touch()
    client.runs.run_service_retry_run(run_id)
    wait_until(lambda: client.get_run(run_id).state == "SUCCEEDED", 20)
    counts = {name: (tmp_path / name).read_text().count("x") for name in ("good", "bad", "last")}
    assert counts == {"good": 1, "bad": 2, "last": 1}


def test_a_value_handed_on_reaches_the_next_task(server: Server, tmp_path: Path) -> None:
    from kfp import compiler

    @dsl.container_component
    def make(text: str, out: dsl.OutputPath(str)):  # type: ignore[valid-type]
        script = 'mkdir -p "$(dirname "$1")"; printf "%s!" "$0" > "$1"'
        return dsl.ContainerSpec(image="none", command=["sh", "-c", script], args=[text, out])

    @dsl.container_component
    def take(text: str, file: str):
        return dsl.ContainerSpec(
            image="none", command=["sh", "-c", 'printf "%s" "$0" > "$1"'], args=[text, file]
        )

    @dsl.pipeline(name="values")
    def pipeline(word: str, file: str):
        take(text=make(text=word).outputs["out"], file=file)

    compiler.Compiler().compile(pipeline, str(tmp_path / "p.yaml"))
    word = "$(id) `x` {{$.pipeline_job_uuid}} ü"
    result = server.client().create_run_from_pipeline_package(
        str(tmp_path / "p.yaml"), arguments={"word": word, "file": str(tmp_path / "got")}
    )
    run = wait_for_end(server.client(), result.run_id)
    assert run.state == "SUCCEEDED", run.error
    assert (tmp_path / "got").read_text() == f"{word}!"
