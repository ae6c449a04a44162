"""Sets the environment variables of a Neurodesk session in a container whose entry point did not run.

Names and values are those that Neurodesktop's start-up sets for its notebooks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

BINDABLE = ("/data", "/mnt", "/neurodesktop-storage", "/tmp", "/cvmfs")  # noqa: S108 - bound, not written
LMOD_CMD = "/usr/share/lmod/lmod/libexec/lmod"
OFFLINE_MODULES = "/neurodesktop-storage/containers/modules/"


def existing_bindable() -> tuple[str, ...]:
    """Return which of `BINDABLE` exist; apptainer fails on one that does not."""
    return tuple(path for path in BINDABLE if Path(path).is_dir())


def with_neurodesk(
    old: Mapping[str, str],
    *,
    run_id: str,
    home: str,
    temporary: str,
    root: str = "",
    categories: Sequence[str] = (),
    bindable: Sequence[str] = (),
) -> dict[str, str]:
    """Return ``old`` with what Neurodesk's tools need; what a user has set is kept.

    Args:
        old: the environment so far.
        run_id: the KFP run's id.
        home: the user's home directory.
        temporary: a writable directory of this task's own.
        root: where CVMFS is readable, "" when the task has none.
        categories: absolute paths of the module directories below ``root``.
        bindable: which of `BINDABLE` exist.
    """
    defaults = {
        "LMOD_CMD": LMOD_CMD,
        "OFFLINE_MODULES": OFFLINE_MODULES,
        "MODULEPATH": ":".join(categories),
        "APPTAINER_BINDPATH": ",".join(bindable),
        "APPTAINER_HOME": home,
        "MPLCONFIGDIR": f"{temporary}/matplotlib",
    }
    new = {name: value for name, value in defaults.items() if value}
    new.update({name: value for name, value in old.items() if value or name not in new})
    new["ELYRA_RUN_NAME"] = run_id
    if root:
        new["NEURODESK_CVMFS_ROOT"] = root
    return new
