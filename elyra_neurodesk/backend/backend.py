"""The parts of the embedded backend put together, and the creation of runs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.access_token import ensure_token
from elyra_neurodesk.backend.config import load_config, machine
from elyra_neurodesk.backend.db.catalog import Catalog
from elyra_neurodesk.backend.db.database import Database
from elyra_neurodesk.backend.db.rows import AVAILABLE, RunRow, TaskRow, now
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import PENDING
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.package.cache import PackageCache
from elyra_neurodesk.backend.package.inputs import check_run_parameters
from elyra_neurodesk.backend.recorder import Recorder
from elyra_neurodesk.backend.remove_tree import remove_tree
from elyra_neurodesk.backend.runtime import Runtime
from elyra_neurodesk.backend.scheduler.attempts import Attempts
from elyra_neurodesk.backend.scheduler.budget import check_requests
from elyra_neurodesk.backend.scheduler.scheduler import Scheduler
from elyra_neurodesk.backend.snapshots import Snapshots


@dataclass(frozen=True)
class RunRequest:
    """What a caller wants to run.

    Attributes:
        display_name: the run's name.
        description: any text.
        experiment_id: "" for the experiment Default.
        text: the compiled package.
        parameters: values for the package's parameters.
        pipeline_id: "" when the package came with the call.
        version_id: likewise.
    """

    display_name: str
    description: str
    experiment_id: str
    text: str
    parameters: Mapping[str, Any]
    pipeline_id: str = ""
    version_id: str = ""


class Backend:
    """Everything that answers calls and runs tasks.

    Args:
        home: the directory to work in.
        cgroups: directory of the control group below which tasks with a memory limit get one of their own;
            None has their supervisors watch it.

    Raises:
        NeurodeskError: the token, the settings or the database cannot be used.
    """

    def __init__(self, home: Home, cgroups: Path | None = None) -> None:
        self.home = home
        self.token = ensure_token(home.token)
        database = Database(home.database)
        self.catalog = Catalog(database)
        self.runs = RunStore(database)
        self.packages = PackageCache()
        self._default_experiment = self.catalog.ensure_default_experiment()
        self.runtime = runtime = Runtime(home, cgroups)
        attempts = Attempts(home, self.runs, runtime)
        self.snapshots = Snapshots(home, self.runs, self.catalog)
        self.recorder = Recorder(home, self.runs, self.catalog, self.snapshots)
        self.scheduler = Scheduler(
            self.runs, self.catalog, self.packages, runtime, attempts, self.recorder.ended
        )

    def create_run(self, request: RunRequest) -> RunRow:
        """Accept a run. When this returns, the run is on disk and will be carried out.

        Raises:
            NeurodeskError: the package cannot run here, a task requests more than this machine has, a
                parameter is missing or of the wrong type, or the experiment does not exist.
        """
        package = self.packages.load(request.text)
        check_run_parameters(package, dict(request.parameters))
        check_requests(package, machine(load_config(self.home)))
        run = RunRow(
            run_id=str(uuid.uuid4()),
            experiment_id=request.experiment_id or self._default_experiment,
            display_name=request.display_name,
            description=request.description,
            pipeline_id=request.pipeline_id,
            version_id=request.version_id,
            pipeline_name=package.name,
            package="",
            parameters=dict(request.parameters),
            state=PENDING,
            storage_state=AVAILABLE,
            created_at=now(),
        )
        tasks = [
            TaskRow(run.run_id, node.name, position, node.display_name, tuple(node.parents))
            for position, node in enumerate(package.tasks.values())
        ]
        kept = self.runs.add(run, request.text, tasks)
        self.snapshots.write(kept.run_id)
        self.scheduler.submit(kept.run_id)
        return kept

    def cancel(self, run_id: str) -> None:
        """Cancel a run; one that has ended stays as it is. Raises NotFound for an unknown id."""
        self.runs.cancel(run_id)
        self.snapshots.write(run_id)
        self.scheduler.cancel(run_id)

    def retry(self, run_id: str) -> None:
        """Run again every task of an ended run that did not succeed.

        Raises:
            NotFound: no such run.
            RunNotEnded: it has not ended.
        """
        self.runs.reopen(run_id)
        self.snapshots.write(run_id)
        self.scheduler.submit(run_id)

    def set_storage(self, run_id: str, storage_state: str) -> None:
        """Archive a run or restore it, or raise NotFound."""
        self.runs.set_storage(run_id, storage_state)
        self.snapshots.write(run_id)

    def delete(self, run_id: str) -> None:
        """Remove a run that has ended and its work directories; its objects stay in the store.

        Raises:
            NotFound: no such run.
            RunNotEnded: it has not ended.
        """
        self.snapshots.delete(run_id)
        remove_tree(self.home.run_directory(run_id))
