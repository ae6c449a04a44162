"""A Jupyter home of a test's own, and Elyra's command lines in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.forked_commands import FORKED, can_run


@dataclass
class JupyterHome:
    """Runs programs with an empty home directory.

    Attributes:
        home: the directory.
        env: the environment of everything started here.
        forks: False starts every command line as a user does, without what `forked_commands` has imported.
    """

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    forks: bool = True

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "ELYRA", "XDG_", "AWS_", "NANIO_"))
        }
        binaries = str(Path(sys.executable).parent)
        self.env = {**kept, "HOME": str(self.home), "PATH": f"{binaries}{os.pathsep}{kept['PATH']}"}

    def run(
        self,
        *command: str,
        check: bool = True,
        timeout: float = 300,
        cwd: Path | None = None,
        fork: bool | None = None,
    ) -> Any:
        """Run a program and return what it did, text output captured.

        Args:
            command: its command line.
            check: whether another exit status than 0 fails the test.
            timeout: seconds until it is killed.
            cwd: the directory; this process's when left out.
            fork: whether it is forked from a process that has imported Elyra and our package. When left out,
                command lines are, and Python code is not, which may depend on what is imported when.
        """
        if fork or (fork is None and self.forks and can_run(command)):
            done = FORKED.run(command, env=self.env, cwd=cwd, timeout=timeout)
        else:
            done = subprocess.run(
                command, env=self.env, capture_output=True, text=True, timeout=timeout, check=False, cwd=cwd
            )
        if check and done.returncode:
            raise AssertionError(f"{command} -> {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def runtime_config(self, name: str, schema: str = "neurodesk", **metadata: Any) -> None:
        """Write a runtime configuration."""
        self._instance("runtimes", name, schema, {"runtime_type": "KUBEFLOW_PIPELINES", **metadata})

    def catalog(self, name: str, directory: Path) -> None:
        """Register a directory of KFP components."""
        self._instance(
            "component-catalogs",
            name,
            "local-directory-catalog",
            {"runtime_type": "KUBEFLOW_PIPELINES", "paths": [str(directory)], "include_subdirs": False},
        )

    def component_ids(self) -> dict[str, str]:
        """Return component name to id of all catalog components."""
        script = (
            "import json\n"
            "from elyra.pipeline.component_catalog import ComponentCache\n"
            "from elyra.pipeline.runtime_type import RuntimeProcessorType as T\n"
            "c = ComponentCache.instance(emulate_server_app=True); c.load(); c.wait_for_all_cache_tasks()\n"
            "print(json.dumps({k.name: k.id for k in c.get_all_components(T.KUBEFLOW_PIPELINES)}))\n"
        )
        (self.home / ".local/share/jupyter/runtime").mkdir(parents=True, exist_ok=True)
        out = self.run(sys.executable, "-c", script, fork=True).stdout
        return dict(json.loads(out.strip().splitlines()[-1]))

    def _instance(self, schemaspace: str, name: str, schema: str, metadata: dict[str, Any]) -> None:
        folder = self.home / ".local/share/jupyter/metadata" / schemaspace
        folder.mkdir(parents=True, exist_ok=True)
        content = {"display_name": name, "schema_name": schema, "metadata": metadata}
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")


def neurodesk_metadata(endpoint: str, access_key: str, secret_key: str, **more: Any) -> dict[str, Any]:
    """Return metadata of a runtime configuration for an object store that is there."""
    return {
        "api_endpoint": "http://127.0.0.1:9/pipeline",
        "engine": "Argo",
        "auth_type": "NO_AUTHENTICATION",
        "cos_endpoint": endpoint,
        "cos_bucket": "neurodesk-test",
        "cos_auth_type": "KUBERNETES_SECRET",
        "cos_secret": "mlpipeline-minio-artifact",
        "cos_username": access_key,
        "cos_password": secret_key,
        **more,
    }
