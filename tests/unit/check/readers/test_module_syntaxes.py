"""Every way in which public notebooks load modules, and code that only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook, uses

FOUND = {
    "module.load": ("import module\nawait module.load('fsl/6.0.4')", ["fsl/6.0.4 ok 1:2"]),
    "run in a loop of its own": (
        "import asyncio, module\nasyncio.run(module.load('fsl/6.0.4'))",
        ["fsl/6.0.4 ok 1:2"],
    ),
    "lmod": ("import lmod\nawait lmod.load('fsl/6.0.4')", ["fsl/6.0.4 ok 1:2"]),
    "from lmod": ("from lmod import load\nawait load('fsl/6.0.4')", ["fsl/6.0.4 ok 1:2"]),
    "renamed function": ("from module import load as get\nawait get('fsl/6.0.4')", ["fsl/6.0.4 ok 1:2"]),
    "renamed module": ("import module as m\nawait m.load('fsl/6.0.4')", ["fsl/6.0.4 ok 1:2"]),
    "jupyterlmod": ("from jupyterlmod import module\nawait module.load('fsl/6.0.4')", ["fsl/6.0.4 ok 1:2"]),
    "two arguments": (
        "import module\nawait module.load('fsl/6.0.4', 'ants/2.5.4')",
        ["fsl/6.0.4 ok 1:2", "ants/2.5.4 ok 1:2"],
    ),
    "list": (
        "import module\nawait module.load(['fsl/6.0.4', 'ants/2.5.4'])",
        ["fsl/6.0.4 ok 1:2", "ants/2.5.4 ok 1:2"],
    ),
    "starred list in a name": (
        "import module\nMODULES = ['fsl/6.0.4', 'ants/2.5.4']\nawait module.load(*MODULES)",
        ["fsl/6.0.4 ok 1:3", "ants/2.5.4 ok 1:3"],
    ),
    "one string of two": (
        "import module\nawait module.load('fsl/6.0.4 ants/2.5.4')",
        ["fsl/6.0.4 ok 1:2", "ants/2.5.4 ok 1:2"],
    ),
    "loop": (
        "import module\nfor name in ['fsl/6.0.4', 'ants/2.5.4']:\n    await module.load(name)",
        ["fsl/6.0.4 ok 1:3", "ants/2.5.4 ok 1:3"],
    ),
    "gathered": (
        "import module, asyncio\n"
        "await asyncio.gather(*[module.load(m) for m in ('fsl/6.0.4', 'ants/2.5.4')])",
        ["fsl/6.0.4 ok 1:2", "ants/2.5.4 ok 1:2"],
    ),
    "asyncio.run": ("import asyncio, lmod\nasyncio.run(lmod.load('fsl/6.0.4'))", ["fsl/6.0.4 ok 1:2"]),
    "loop over a dictionary's items": (
        "import module\ntools = {'fsl': '6.0.4', 'ants': '2.5.4'}\nfor tool, version in tools.items():\n"
        "    await module.load(f'{tool}/{version}')",
        ["fsl/6.0.4 ok 1:4", "ants/2.5.4 ok 1:4"],
    ),
    "nested loops": (
        "import module\nfor tool, versions in dict(fsl=['6.0.4']).items():\n    for version in versions:\n"
        "        await module.load(tool + '/' + version)",
        ["fsl/6.0.4 ok 1:4"],
    ),
    "two loops of one name": (
        "import module\nfor m in ['fsl/6.0.4']:\n    await module.load(m)\n"
        "for m in ['ants/2.5.4']:\n    await module.load(m)",
        ["fsl/6.0.4 ok 1:3", "ants/2.5.4 ok 1:5"],
    ),
    "zip and enumerate": (
        "import module\nfor i, (tool, v) in enumerate(zip(['fsl', 'ants'], ['6.0.4', '2.5.4'])):\n"
        "    name = f'{tool}/{v}'\n    await module.load(name)",
        ["fsl/6.0.4 ok 1:4", "ants/2.5.4 ok 1:4"],
    ),
    "key of a dictionary": (
        "import module\nMODULES = {'bet': 'fsl/6.0.4', 'n4': 'ants/2.5.4'}\nawait module.load(MODULES['n4'])",
        ["ants/2.5.4 ok 1:3"],
    ),
    "default argument": (
        "import module\nasync def up(tool, version='6.0.4'):\n    await module.load(f'{tool}/{version}')\n"
        "await up('fsl')\nawait up('ants', version='2.5.4')",
        ["fsl/6.0.4 ok 1:3", "ants/2.5.4 ok 1:3"],
    ),
    "argument from a loop": (
        "import module\nasync def up(tool, version):\n    await module.load(f'{tool}/{version}')\n"
        "for tool, version in [('fsl', '6.0.4'), ('ants', '2.5.4')]:\n    await up(tool, version)",
        ["fsl/6.0.4 ok 1:3", "ants/2.5.4 ok 1:3"],
    ),
    "formatted": (
        "import module\nawait module.load('{}/{}'.format('fsl', '6.0.4'))\n"
        "await module.load('%s/%s' % ('ants', '2.5.4'))\nawait module.load('/'.join(['fsl', '6.0.4']))",
        ["fsl/6.0.4 ok 1:2", "ants/2.5.4 ok 1:3", "fsl/6.0.4 ok 1:4"],
    ),
    "raised again": (
        "import module\ntry:\n    await module.load('fsl/6.0.4')\nexcept Exception as e:\n"
        "    print(e)\n    raise",
        ["fsl/6.0.4 ok 1:3"],
    ),
    "a name that hides its function": (
        "from glob import glob\nimport module\nglob = glob('*.nii.gz')\nawait module.load('fsl/6.0.4')",
        ["fsl/6.0.4 ok 1:4"],
    ),
    "a name that leads in circles": (
        "import module\na = b()\nb = a()\nget_ipython = get_ipython()\nawait module.load('fsl/6.0.4')",
        ["fsl/6.0.4 ok 1:5"],
    ),
    "several lines": ("import module\nawait module.load(\n    'fsl/6.0.4'\n)", ["fsl/6.0.4 ok 1:2"]),
    "f-string of a literal": (
        "import module\nversion = '6.0.4'\nawait module.load(f'fsl/{version}')",
        ["fsl/6.0.4 ok 1:3"],
    ),
    "sum of literals": ("import module\nv = '6.0.4'\nawait module.load('fsl/' + v)", ["fsl/6.0.4 ok 1:3"]),
    "in a function that is called": (
        "import module\nasync def setup():\n    await module.load('fsl/6.0.4')\nawait setup()",
        ["fsl/6.0.4 ok 1:3"],
    ),
    "in a method": (
        "import module\nclass Tools:\n    async def up(self):\n"
        "        await module.load('fsl/6.0.4')\nawait Tools().up()",
        ["fsl/6.0.4 ok 1:4"],
    ),
    "swap": ("import module\nawait module.swap('fsl/6.0.4', 'ants/2.5.4')", ["ants/2.5.4 ok 1:2"]),
    "under %%time": ("%%time\nimport module\nawait module.load('fsl/6.0.4')", ["fsl/6.0.4 ok 1:3"]),
    "after %time": ("import module\n%time await module.load('fsl/6.0.4')", ["fsl/6.0.4 ok 1:2"]),
    "after a magic": (
        "%load_ext rich\n\nimport module\nawait module.load('fsl/6.0.4')",
        ["fsl/6.0.4 ok 1:4"],
    ),
    "after a long command": (
        "!ls \\\n  -l \\\n  -a\nimport module\nawait module.load('fsl/6.0.4')",
        ["fsl/6.0.4 ok 1:5"],
    ),
    "Lmod's function for Python": (
        "from env_modules_python import module\nmodule('load', 'fsl/6.0.4')",
        ["fsl/6.0.4 ok 1:2"],
    ),
    "ml in bash -lc": ("!bash -lc 'ml fsl/6.0.7.16 && bet2 a b'", ["fsl/6.0.7.16 ok 1:1"]),
    "%%bash with source": (
        "%%bash\nsource /usr/share/module.sh\nmodule load fsl/6.0.4\nbet a b",
        ["fsl/6.0.4 ok 1:3"],
    ),
    "%%bash with add": (
        "%%bash\n. /usr/share/module.sh\nmodule use /cvmfs/neurodesk.ardc.edu.au/neurodesk-modules/x\n"
        "module add fsl/6.0.4 ants/2.5.4\nbet a",
        ["fsl/6.0.4 ok 1:4", "ants/2.5.4 ok 1:4"],
    ),
    "ml load": ("%%sh -l\nml load fsl/6.0.4; bet a", ["fsl/6.0.4 ok 1:2"]),
    "ml swaps": (
        "%%bash -l\nml ants/2.5.4\nml -ants fsl/6.0.4\nbet a",
        ["ants/2.5.4 ok 1:2", "fsl/6.0.4 ok 1:3"],
    ),
    "%%script bash": ("%%script bash -l\nml fsl/6.0.4\nbet a", ["fsl/6.0.4 ok 1:2"]),
    "assigned": ("out = !source /usr/share/module.sh; ml fsl/6.0.4; bet a", ["fsl/6.0.4 ok 1:1"]),
    "!!": ("!!source /usr/share/module.sh; ml fsl/6.0.4; bet a", ["fsl/6.0.4 ok 1:1"]),
    "%sx": ("%sx source /usr/share/module.sh; ml fsl/6.0.4; bet a", ["fsl/6.0.4 ok 1:1"]),
    "os.system": (
        "import os\nos.system('source /usr/share/module.sh && module load fsl/6.0.4 && bet a')",
        ["fsl/6.0.4 ok 1:2"],
    ),
    "subprocess with a list": (
        "import subprocess\nsubprocess.run(['bash', '-lc', 'ml fsl/6.0.4; bet a'], check=True)",
        ["fsl/6.0.4 ok 1:2"],
    ),
    "subprocess with a shell": (
        "from subprocess import call as c\nc('source /usr/share/module.sh; ml fsl/6.0.4; bet a', shell=True)",
        ["fsl/6.0.4 ok 1:2"],
    ),
    "subprocess with split": (
        "import shlex, subprocess as sp\nsp.Popen(shlex.split(\"bash -lc 'ml fsl/6.0.4; bet a'\"))",
        ["fsl/6.0.4 ok 1:2"],
    ),
    "long shell text": (
        "import os\nos.system('''\nsource /usr/share/module.sh\nml fsl/6.0.4\nbet a\n''')",
        ["fsl/6.0.4 ok 1:4"],
    ),
    "here-document for a shell": (
        "%%bash\nbash -l <<'EOF'\nml fsl/6.0.4\nbet a\nEOF",
        ["fsl/6.0.4 ok 1:3"],
    ),
    "loop in the shell": (
        "%%bash -l\nfor m in fsl/6.0.4 ants/2.5.4; do module load $m; done\nbet a",
        ["fsl/6.0.4 ok 1:2", "ants/2.5.4 ok 1:2"],
    ),
    "variable in the shell": ('%%bash -l\nV=6.0.4\nml "fsl/${V}"\nbet a', ["fsl/6.0.4 ok 1:3"]),
    "Python's variable in the shell": (
        "V = '6.0.4'\n!bash -lc 'ml fsl/{V}; bet a'",
        ["fsl/6.0.4 ok 1:2"],
    ),
    "function in the shell": ("%%bash -l\nup() { ml fsl/6.0.4; }\nup; bet a", ["fsl/6.0.4 ok 1:2"]),
    "BASH_ENV": (
        "%env BASH_ENV=/usr/share/module.sh\n!bash -c 'ml fsl/6.0.4; bet a'",
        ["fsl/6.0.4 ok 1:2"],
    ),
    "MATLAB's engine": (
        "import matlab.engine\neng = matlab.engine.start_matlab()\n"
        'eng.eval("system(\'bash -lc \\"ml fsl/6.0.4; bet a\\"\')", nargout=0)',
        ["fsl/6.0.4 ok 1:3"],
    ),
    "octave": ('!octave --eval "system(\'bash -lc \\"ml fsl/6.0.4; bet a\\"\')"', ["fsl/6.0.4 ok 1:1"]),
    "%%R": ("%%R\nsystem('source /usr/share/module.sh; ml fsl/6.0.4; bet a')", ["fsl/6.0.4 ok 1:2"]),
    "container in PATH": (
        "import os\nos.environ['PATH'] += ':/cvmfs/neurodesk.ardc.edu.au/containers/fsl_6.0.4_20210105'",
        ["fsl_6.0.4_20210105 ok 1:2"],
    ),
    "container in %env": (
        "%env FSLDIR=/cvmfs/neurodesk.ardc.edu.au/containers/fsl_6.0.4_20210105/fsl_6.0.4_20210105.simg/fsl",
        ["fsl_6.0.4_20210105 ok 1:1"],
    ),
    "container's command": (
        "!/cvmfs/neurodesk.ardc.edu.au/containers/fsl_6.0.4_20210105/bet a b",
        ["fsl_6.0.4_20210105 ok 1:1"],
    ),
    "container in os.environ.update": (
        "import os\nroot = '/cvmfs/neurodesk.ardc.edu.au/containers'\n"
        "os.environ.update({'PATH': f'{root}/fsl_6.0.4_20210105:' + os.environ['PATH']})\n!bet a",
        ["fsl_6.0.4_20210105 ok 1:3"],
    ),
}

NOT_FOUND = {
    "commented": "#await module.load('nope/1')\n# !module load nope/1",
    "commented in the shell": "%%bash\n# module load nope/1\nls # ml nope/1",
    "commented command": "# %%bash\n# ml nope/1",
    "docstring": '"""module.load(\'nope/1\')\n!ml nope/1\n"""\nx = 1',
    "docstring of a function": "def f():\n    '''module load nope/1'''\nf()",
    "printed": 'print("module load nope/1")\nprint(\'await module.load("nope/1")\')',
    "echoed": "!echo 'module load nope/1'\n!echo module load nope/1",
    "printf": "%%bash\nprintf 'ml nope/1\\n'",
    "here-document that is data": "%%bash\ncat > job.sh <<EOF\nmodule load nope/1\nEOF\nls",
    "written file": "%%writefile job.sh\nmodule load nope/1",
    "markdown magic": "%%markdown\n    module load nope/1",
    "plain text": "text = 'ml nope/1; bet a'",
    "another module": "import torch.nn as nn\nmodule = nn.Linear(1, 1)\nmodule.load('nope/1')",
    "a model's load": "import json\njson.load(open('nope.json'))\nmodel.load('nope/1')",
    "grep": "!grep 'module load nope/1' job.sh",
    "avail": "%%bash -l\nml av nope\nmodule spider nope\nml list\nmodule show nope/1",
    "which": "!command -v module && echo ml nope/1",
    "exception": "raise RuntimeError('module load nope/1')",
    "raw notebook text": "x = r'!ml nope/1'",
    "shell variable": "%%bash\nCMD='module load nope/1'\necho $CMD",
    "argument": "!python run.py --module load nope/1",
    "skipped": "import module\nif False:\n    pass",
}


@pytest.mark.parametrize("name", FOUND)
def test_a_module_is_found_however_it_is_loaded(name: str, tmp_path: Path, index: ModuleIndex) -> None:
    code, expected = FOUND[name]
    report = check(tmp_path, index, notebook(code))
    assert uses(report) == expected
    assert [found.text for found in report.findings] == []


@pytest.mark.parametrize("name", NOT_FOUND)
def test_text_that_is_not_a_command_loads_nothing(name: str, tmp_path: Path, index: ModuleIndex) -> None:
    report = check(tmp_path, index, notebook(NOT_FOUND[name]))
    assert uses(report) == []
    assert [found.text for found in report.findings] == []


UNKNOWN = {
    "a loop over what is read": "for m in open('list.txt'):\n    await module.load(m)",
    "a function that is handed on": "def up(m='fsl/6.0.4'):\n    module.load(m)\nmap(up, names)",
    "a function that calls itself": "def up(m):\n    up(m[1:])\n    asyncio.run(module.load(m))",
    "a target that is bound again": "for m in ['fsl/6.0.4']:\n    m = m + suffix()\n    await module.load(m)",
    "unpacked arguments": "async def up(m):\n    await module.load(m)\nawait up(*names)",
    "a choice": "await module.load('fsl/6.0.4' if new else 'fsl/nope')",
    "a key that is not there": "await module.load({'a': 'fsl/6.0.4'}['b'])",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_known_only_at_run_time_is_said_to_be_so(
    name: str, tmp_path: Path, index: ModuleIndex
) -> None:
    report = check(tmp_path, index, notebook(f"import asyncio, module\n{UNKNOWN[name]}"))
    assert {found.code for found in report.findings if found.severity != "error"} == {"ND-CHECK-106"}
    assert {use.verdict for use in report.uses} == {"cannot-tell"}


def test_a_load_whose_failure_ends_the_task_is_an_error(tmp_path: Path, index: ModuleIndex) -> None:
    start, end = "import module, sys\ntry:\n    await module.load('nope/1')\nexcept Exception:\n", "    raise"
    assert briefs(check(tmp_path, index, notebook(start + end))) == ["101 error 1:3"]
    passed = check(tmp_path, index, notebook(start + "    print('no')"))
    assert briefs(passed) == ["101 warning 1:3", "105 note 1:3"]


def test_a_parameter_of_the_notebook_has_no_known_value(tmp_path: Path, index: ModuleIndex) -> None:
    cells = ["version = '6.0.4'", "import module\nawait module.load(f'fsl/{version}')"]
    report = check(tmp_path, index, notebook(*cells, tags={1: ["parameters"]}))
    assert briefs(report) == ["106 note 2:2"]


def test_a_parameter_of_the_pipeline_has_no_known_value(tmp_path: Path, index: ModuleIndex) -> None:
    cells = ["version = '6.0.4'", "import module\nawait module.load(f'fsl/{version}')"]
    assert briefs(check(tmp_path, index, notebook(*cells), parameters=("version",))) == ["106 note 2:2"]
