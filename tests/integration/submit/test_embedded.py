"""The embedded backend as KFP API whose answers get lost on their way: one run, found by its name."""

from __future__ import annotations

from pathlib import Path

from elyra_neurodesk.elyra_adapter.connection import connect_to
from elyra_neurodesk.kfp_api.publish import publish
from tests.integration.runs.servers import RESET, Reply, Request
from tests.integration.submit.store_proxy import StoreProxy, store_proxy
from tests.support.backend import running_backend
from tests.support.configurations import runtime_configuration

PACKAGE = """
pipelineInfo: {name: hello}
schemaVersion: 2.1.0
sdkVersion: kfp-2.17.0
components: {comp-hello: {executorLabel: exec-hello}}
deploymentSpec: {executors: {exec-hello: {container: {image: example.org/hello:1, command: [echo, hello]}}}}
root:
  dag: {tasks: {hello: {componentRef: {name: comp-hello}, taskInfo: {name: hello}}}}
"""


def test_each_answer_of_the_embedded_backend_may_get_lost(tmp_path: Path) -> None:
    proxy: StoreProxy

    def lose(request: Request, number: int) -> Reply | None:
        if request.method != "POST":
            return None
        answer = proxy.pass_on(request)
        return RESET if answer.status == 200 else answer

    with running_backend(tmp_path) as backend, store_proxy(f"http://127.0.0.1:{backend.port}", lose) as proxy:
        connection = connect_to(
            runtime_configuration(
                api_endpoint=f"{proxy.url}/pipeline",
                auth_type="EXISTING_BEARER_TOKEN",
                api_password=backend.token,
            )
        )
        run = publish(connection, PACKAGE, "Lost 日本", "", "lost 日本")
        assert [made["run_id"] for made in backend.runs()] == [run.run_id]
        assert backend.runs()[0]["display_name"] == run.name
        again = publish(connection, PACKAGE, "Lost 日本", "", "lost 日本")
        assert again.pipeline_id == run.pipeline_id
        assert {made["run_id"] for made in backend.runs()} == {run.run_id, again.run_id}
        assert proxy.count("POST") == 6  # pipeline, its version, experiment, run; version, run
