"""The embedded backend proves that it has the token before a command sends it, once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from elyra_neurodesk.backend.access_token import proof
from tests.integration.runs.servers import Reply, Request
from tests.integration.submit.store_proxy import StoreProxy, store_proxy
from tests.support.backend import CONFIG, running_backend


@pytest.mark.parametrize("options", [[], ["--runtime-config", CONFIG]], ids=["chosen", "named"])
def test_a_submission_asks_for_one_proof(tmp_path: Path, options: list[str]) -> None:
    proxy: StoreProxy
    proofs = 0

    def prove(request: Request, number: int) -> Reply | None:
        nonlocal proofs
        challenge = re.search(r"challenge=(\w+)", request.path)
        if challenge is None:
            return None
        proofs += 1  # of the port that was asked, which is the proxy's
        return Reply(content={"proof": proof(backend.token, urlsplit(proxy.url).port or 0, challenge[1])})

    script = tmp_path / "hello.py"
    script.write_text("print('hello')\n", "utf-8")
    with (
        running_backend(tmp_path / "machine") as backend,
        store_proxy(f"http://127.0.0.1:{backend.port}", prove) as proxy,
    ):
        file = backend.jupyter.home / f".local/share/jupyter/metadata/runtimes/{CONFIG}.json"
        content = json.loads(file.read_text("utf-8"))
        content["metadata"]["api_endpoint"] = f"{proxy.url}/pipeline"
        file.write_text(json.dumps(content), "utf-8")
        backend.jupyter.runtime_config("cluster", api_endpoint="http://kfp.example", cos_endpoint="http://s")
        done = backend.cli(
            "submit", str(script), "--image", "example.org/a:1", *options, "--json", check=True
        )
        assert proofs == 1
        assert backend.wait(json.loads(done.stdout)["run_id"])["state"] == "SUCCEEDED"
