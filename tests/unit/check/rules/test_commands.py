"""Commands of tools that are not loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import NEURODESKTOP, briefs, check, notebook

FSL = "import module\nawait module.load('fsl/6.0.4')"

CASES = {
    "never loaded": (["!bet a b"], ["201 error 1:1"]),
    "too late": (["!bet a b", FSL], ["202 error 1:1"]),
    "in time": ([FSL, "!bet a b"], []),
    "in time, in the cell": ([FSL + "\n!bet a b"], []),
    "another tool is loaded": ([FSL, "!antsRegistration -d 3"], ["201 error 2:1"]),
    "another version has it": ([FSL, "!bet2 a b"], ["201 error 2:1"]),
    "unloaded": ([FSL, "await module.unload('fsl')", "!bet a b"], ["201 error 3:1"]),
    "purged": ([FSL, "await module.purge(force=True)", "!bet a b"], ["201 error 3:1"]),
    "replaced": ([FSL, "await module.load('fsl/6.0.7.16')", "!bet2 a"], []),
    "through subprocess": (["import subprocess\nsubprocess.run(['bet', 'a', 'b'])"], ["201 error 1:2"]),
    "through os.system": (["import os\nos.system('cd x && bet a b | tee log')"], ["201 error 1:2"]),
    "in a script cell": (["%%bash\nset -e\nfor i in 1 2; do\n  bet $i out\ndone"], ["201 error 1:4"]),
    "in a substitution": (["n=!echo $(fslmaths a)"], ["201 error 1:1"]),
    "behind time and sudo": (["!time sudo -E bet a b"], ["201 error 1:1"]),
    "behind env and timeout": (["!env A=1 timeout 60 bet a b"], ["201 error 1:1"]),
    "behind xargs": (["!ls | xargs -n 1 bet"], ["201 error 1:1"]),
    "loaded in another shell": (["!bash -lc 'ml fsl/6.0.4'", "!bet a"], ["201 error 2:1", "107 warning 1:1"]),
    "loaded in the same shell": (["!bash -lc 'ml fsl/6.0.4; bet a'"], []),
    "loaded outside, used inside": ([FSL, "!bash -c 'bet a'"], []),
    "the loaded one is not known": (["import module\nawait module.load(name)", "!bet a"], ["106 note 1:2"]),
    "PATH is changed": (["import os\nos.environ['PATH'] += ':/opt/fsl/bin'", "!bet a"], []),
    "PATH is changed in the shell": (["%%bash\nexport PATH=/opt/fsl/bin:$PATH\nbet a"], []),
    "a path": (["!./bet a\n!/opt/fsl/bin/bet a"], []),
    "an own function": (["%%bash\nbet() { echo mine; }\nbet a"], []),
    "installed by pip": (["%pip install fsl-bet"], []),
    "installed and used": (["!conda install -y -c conda-forge ants", "!antsRegistration"], []),
    "asked about": (["!which bet || echo none\n!command -v bet\n!type bet"], []),
    "an argument": (["!echo bet\n!man bet"], []),
    "of the system, too": (["!ls -l"], []),
    "in another container": (["!apptainer exec fsl.simg bet a"], []),
    "in a comment": (["# !bet a\nx = 1"], []),
    "told once": (["!bet a\n!bet b", "!bet c"], ["201 error 1:1"]),
    "in a function called after the load": (
        ["import os\ndef run():\n    os.system('bet a')", FSL, "run()"],
        [],
    ),
    "in a function called before the load": (
        ["import os\ndef run():\n    os.system('bet a')", "run()", FSL],
        ["202 error 1:3"],
    ),
    "in a function given to another": (
        ["import os\ndef run(n):\n    os.system('bet a')", FSL, "list(map(run, [1]))"],
        [],
    ),
    "in a function never called": (["import os\ndef run():\n    os.system('bet a')"], ["201 error 1:3"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_command_needs_a_module_that_offers_it(name: str, tmp_path: Path, index: ModuleIndex) -> None:
    cells, expected = CASES[name]
    assert briefs(check(tmp_path, index, notebook(*cells))) == expected


def test_a_declared_module_is_loaded_from_the_beginning(tmp_path: Path, index: ModuleIndex) -> None:
    assert briefs(check(tmp_path, index, notebook("!bet a"), modules=("fsl/6.0.4",))) == []


def test_an_image_of_ones_own_may_have_the_tool(tmp_path: Path, index: ModuleIndex) -> None:
    report = check(tmp_path, index, notebook("!bet a"), image="example.org/with-fsl:1")
    assert briefs(report) == ["201 warning 1:1"]
    assert briefs(check(tmp_path, index, notebook("!bet a"), image=NEURODESKTOP)) == ["201 error 1:1"]


def test_a_container_used_by_its_path_in_path_provides_its_commands(
    tmp_path: Path, index: ModuleIndex
) -> None:
    cell = "%%bash\nexport PATH=$PATH:/cvmfs/neurodesk.ardc.edu.au/containers/fsl_6.0.7.16_20250131\nbet2 a"
    assert briefs(check(tmp_path, index, notebook(cell))) == []


def test_without_an_index_nothing_is_said_about_commands(tmp_path: Path, nothing: ModuleIndex) -> None:
    assert briefs(check(tmp_path, nothing, notebook("!bet a"))) == []


def test_a_command_that_the_loaded_version_lacks_is_reported(tmp_path: Path, index: ModuleIndex) -> None:
    (found,) = check(tmp_path, index, notebook(FSL, "!bet2 a b")).findings
    assert found.message == "'bet2' is a command of fsl, and not of fsl/6.0.4, which is loaded"
