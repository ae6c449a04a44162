from __future__ import annotations

from elyra_neurodesk.bootstrapper.environment import with_neurodesk


def session(old: dict[str, str]) -> dict[str, str]:
    return with_neurodesk(
        old,
        run_id="run-1",
        home="/home/jovyan",
        temporary="/tmp/t",
        root="/cvmfs/r",
        categories=("/cvmfs/r/neurodesk-modules/a", "/cvmfs/r/neurodesk-modules/b"),
        bindable=("/tmp", "/cvmfs"),
    )


def test_an_empty_environment_becomes_a_neurodesk_session() -> None:
    assert session({}) == {
        "ELYRA_RUN_NAME": "run-1",
        "MODULEPATH": "/cvmfs/r/neurodesk-modules/a:/cvmfs/r/neurodesk-modules/b",
        "LMOD_CMD": "/usr/share/lmod/lmod/libexec/lmod",
        "OFFLINE_MODULES": "/neurodesktop-storage/containers/modules/",
        "APPTAINER_BINDPATH": "/tmp,/cvmfs",
        "APPTAINER_HOME": "/home/jovyan",
        "MPLCONFIGDIR": "/tmp/t/matplotlib",
        "NEURODESK_CVMFS_ROOT": "/cvmfs/r",
    }


def test_what_a_user_has_set_is_kept_except_the_runs_name() -> None:
    own = {
        "MODULEPATH": "/mine", "LMOD_CMD": "/l", "OFFLINE_MODULES": "/o", "APPTAINER_BINDPATH": "/b",
        "APPTAINER_HOME": "/h", "MPLCONFIGDIR": "/m", "OTHER": "", "ELYRA_RUN_NAME": "x",
    }  # fmt: skip
    assert session(own) == {
        **own, "ELYRA_RUN_NAME": "run-1", "NEURODESK_CVMFS_ROOT": "/cvmfs/r",
    }  # fmt: skip


def test_a_task_without_cvmfs_gets_neither_its_root_nor_a_module_path() -> None:
    new = with_neurodesk({}, run_id="r", home="/h", temporary="/t")
    assert not {"MODULEPATH", "NEURODESK_CVMFS_ROOT", "APPTAINER_BINDPATH"} & set(new)
