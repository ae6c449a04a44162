"""Verdicts on modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook, uses

VERDICTS = {
    "unknown": ("await module.load('fsl/9.9')", ["101 error 1:2"]),
    "not awaited": ("module.load('fsl/6.0.4')\n!bet a b", ["108 error 1:2"]),
    "awaited later": (
        "import asyncio\nloads = [module.load('fsl/6.0.4')]\nawait asyncio.gather(*loads)",
        [],
    ),
    "unknown tool": ("await module.load('flsx')", ["101 error 1:2"]),
    "retired": ("await module.load('oldtool/1.0')", ["102 error 1:2"]),
    "other version": ("await module.load('fsl/6.0.7')", ["103 warning 1:2"]),
    "shorter version": ("await module.load('ants/2.5')", ["103 warning 1:2"]),
    "unversioned": ("await module.load('fsl')", ["104 warning 1:2"]),
    "guarded": ("try:\n    await module.load('fsl/6.0.4')\nexcept Exception:\n    pass", ["105 note 1:3"]),
    "guarded and unknown": (
        "try:\n    await module.load('fsl/9.9')\nexcept Exception:\n    pass",
        ["101 warning 1:3", "105 note 1:3"],
    ),
    "finally only": ("try:\n    await module.load('fsl/6.0.4')\nfinally:\n    pass", []),
    "variable": ("import os\nawait module.load(os.environ['TOOL'])", ["106 note 1:3"]),
    "version in a variable": ("import sys\nv = sys.argv[1]\nawait module.load(f'fsl/{v}')", ["106 note 1:4"]),
    "assigned twice": ("v = '6.0.4'\nv = '9.9'\nawait module.load(f'fsl/{v}')", ["106 note 1:4"]),
    "bare shell": ("!module load fsl/6.0.4", ["107 warning 1:2"]),
    "bare shell with a command": ("!module load fsl/6.0.4; bet a b", ["107 warning 1:2"]),
    "load that ends with its shell": ("!source /usr/share/module.sh; ml fsl/6.0.4", ["107 warning 1:2"]),
    "shell's alternative": ("!bash -lc 'ml fsl/6.0.4 || true; bet a'", ["105 note 1:2"]),
    "other module directory": (
        "await module.use('/opt/modules')\nawait module.load('own/1')",
        ["101 warning 1:3"],
    ),
    "MODULEPATH of the repository": (
        "import os\nt = '/cvmfs/neurodesk.ardc.edu.au/neurodesk-modules/'\n"
        "os.environ['MODULEPATH'] = ':'.join(os.path.join(t, x) for x in os.listdir(t))\n"
        "await module.load('nope/1')",
        ["101 error 1:5"],
    ),
    "MODULEPATH of others": (
        "%env MODULEPATH=/opt/modules\nawait module.load('own/1')",
        ["101 warning 1:3"],
    ),
    "retired container": (
        "p = '/cvmfs/neurodesk.ardc.edu.au/containers/mrtrix3_3.0.1_20200101/mrconvert'",
        ["102 error 1:2"],
    ),
    "container that is not there": (
        "p = '/cvmfs/neurodesk.ardc.edu.au/containers/fsl_6.0.4_20190101/bet'",
        ["101 error 1:2"],
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_each_use_gets_its_verdict(name: str, tmp_path: Path, index: ModuleIndex) -> None:
    code, expected = VERDICTS[name]
    assert briefs(check(tmp_path, index, notebook(f"import module\n{code}"))) == expected


def test_an_unknown_module_is_reported_with_similar_ones(tmp_path: Path, index: ModuleIndex) -> None:
    (found,) = check(tmp_path, index, notebook("import module\nawait module.load('afni/22.3.06')")).findings
    assert "afni/22.3.06" in found.message
    assert "afni/22.3.07" in found.message


def test_without_an_index_one_warning_says_so(tmp_path: Path, nothing: ModuleIndex) -> None:
    report = check(
        tmp_path, nothing, notebook("import module\nawait module.load('fsl', 'nope/1')", "!nope a")
    )
    assert briefs(report) == ["110 warning "]
    assert uses(report) == ["fsl cannot-tell 1:2", "nope/1 cannot-tell 1:2"]


def test_declared_modules_are_judged_like_loaded_ones(tmp_path: Path, index: ModuleIndex) -> None:
    report = check(tmp_path, index, notebook("1"), modules=("fsl/6.0.4", "ants", "nope/1"))
    assert briefs(report) == ["101 error ", "104 warning "]
    assert uses(report) == ["fsl/6.0.4 ok :", "ants unversioned :", "nope/1 unknown :"]
