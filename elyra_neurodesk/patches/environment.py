"""Set the environment variables that a Neurodesktop start hook would have set.

KFP's command bypasses the entrypoint of the image, and with it Neurodesktop's start hooks, so every task
gets their constant variables here. What depends on the container (``MODULEPATH``, ``APPTAINER_BINDPATH``)
is set by the bootstrapper once it sees the mounted tree.
"""

from __future__ import annotations

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.paths import CVMFS_ROOT, SCRATCH

# config/jupyter/environment_variables.sh of neurodesktop
ENVIRONMENT = {
    "NEURODESK_CVMFS_ROOT": CVMFS_ROOT,
    "LMOD_CMD": "/usr/share/lmod/lmod/libexec/lmod",
    "OFFLINE_MODULES": f"{SCRATCH}/containers/modules/",
    "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108  a cache, private to the pod
    # Elyra documents the value "kfp" for this runtime type; notebooks test for it
    "ELYRA_RUNTIME_ENV": "kfp",
}


def add_environment(task: Task, context: SubmissionContext) -> Task:
    """Return the task with the variables; what the user set on the node wins."""
    return task.with_default_env(ENVIRONMENT)
