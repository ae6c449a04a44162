"""The environment variables of a Neurodesk session, for a container whose entry point never ran.

Names and values are those that Neurodesktop's start-up sets for its notebooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BINDABLE = ("/data", "/mnt", "/neurodesktop-storage", "/tmp", "/cvmfs")  # noqa: S108 - bound, not written
LMOD_CMD = "/usr/share/lmod/lmod/libexec/lmod"
OFFLINE_MODULES = "/neurodesktop-storage/containers/modules/"


@dataclass(frozen=True)
class Facts:
    """What the environment is made from.

    Attributes:
        run_id: the KFP run's id.
        home: the user's home directory.
        temporary: a writable directory of this task's own.
        root: where CVMFS is readable, "" when the task has none.
        categories: absolute paths of the module directories below ``root``.
        bindable: which of `BINDABLE` exist.
    """

    run_id: str
    home: str
    temporary: str
    root: str = ""
    categories: tuple[str, ...] = ()
    bindable: tuple[str, ...] = ()


def existing_bindable() -> tuple[str, ...]:
    """Return which of `BINDABLE` exist; apptainer fails on one that does not."""
    return tuple(path for path in BINDABLE if Path(path).is_dir())


def with_neurodesk(old: Mapping[str, str], facts: Facts) -> dict[str, str]:
    """Return ``old`` with what Neurodesk's tools need; what a user has set is kept."""
    defaults = {
        "LMOD_CMD": LMOD_CMD,
        "OFFLINE_MODULES": OFFLINE_MODULES,
        "MODULEPATH": ":".join(facts.categories),
        "APPTAINER_BINDPATH": ",".join(facts.bindable),
        "APPTAINER_HOME": facts.home,
        "MPLCONFIGDIR": f"{facts.temporary}/matplotlib",
    }
    new = {name: value for name, value in defaults.items() if value}
    new.update({name: value for name, value in old.items() if value or name not in new})
    new["ELYRA_RUN_NAME"] = facts.run_id
    if facts.root:
        new["NEURODESK_CVMFS_ROOT"] = facts.root
    return new
