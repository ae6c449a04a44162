"""Paths, questions, outputs and files that cannot be read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, item, notebook

PATHS = {
    "read": ("open('/home/jovyan/data/x.txt')", ["301 warning 1:1"]),
    "read below home": ("import pandas as pd\npd.read_csv('~/x.csv')", ["301 warning 1:2"]),
    "put together": (
        "import os\nroot = '/data'\nos.listdir(os.path.join(root, 'sub-01'))",
        ["301 warning 1:3"],
    ),
    "pathlib": (
        "from pathlib import Path\n(Path('/data') / 'sub-01' / 'x').read_text()",
        ["301 warning 1:2"],
    ),
    "f-string": ("s = input_name\nopen(f'/home/jovyan/{s}/x')", ["301 warning 1:2"]),
    "in a shell": ("!bet /data/in.nii out", ["301 warning 1:1"]),
    "in a shell's option": ("!cat --file=/data/in.nii", ["301 warning 1:1"]),
    "redirected": ("!wc < /data/in.nii", ["301 warning 1:1"]),
    "of a person": ("d = '/home/alice/study'", ["301 warning 1:1"]),
    "of a Mac": ("d = '/Users/alice/study'", ["301 warning 1:1"]),
    "of Windows": ("d = r'C:\\Users\\alice'", ["301 warning 1:1"]),
    "storage": ("!ls /neurodesktop-storage/bids", ["301 warning 1:1"]),
    "empty directory listed": ("!ls /data", ["301 warning 1:1"]),
    "told once": ("a = '/data/x'\nb = '/data/x/y'\nopen(a)", ["301 warning 1:1"]),
    "written": ("open('/home/jovyan/x.txt', 'w')", ["302 note 1:1"]),
    "written by pandas": ("df.to_csv('/data/x.csv')", ["302 note 1:1"]),
    "written where nothing is": ("df.to_csv('/data/results/x.csv')", ["301 warning 1:1"]),
    "made and written": (
        "import os\nos.makedirs('/data/out')\ndf.to_csv('/data/out/x.csv')",
        ["302 note 1:2"],
    ),
    "made and read": ("!mkdir -p /data/bids/sub-01\n!ls /data/bids/sub-01", ["302 note 1:1"]),
    "downloaded": ("!wget -O /data/x.nii https://example.org/x.nii\nopen('/data/x.nii')", ["302 note 1:1"]),
    "cloned": ("!git clone https://example.org/x /data/x\nopen('/data/x/README')", ["302 note 1:1"]),
    "relative": ("open('data/x')\n!cat ./home/jovyan/x", []),
    "of the image": ("open('/usr/share/x')\nopen('/tmp/x')\nopen('/opt/x')\n!cat /etc/passwd", []),
    "of CVMFS": ("!ls /cvmfs/neurodesk.ardc.edu.au/neurodesk-modules", []),
    "asked about": ("import os\nos.path.exists('/data/x')\n![ -f /data/x ] && echo yes", []),
    "in a group of an HDF file": ("f['/data/raw']", []),
    "compared": ("x == '/home/jovyan/a'", []),
    "printed": ("print('/home/jovyan/a')\n!echo /data/x", []),
    "in an address": ("fetch('https://example.org/data/x')", []),
    "the home itself": ("%cd ~\n%cd /home/jovyan", []),
    "start-up file": ("!bash -c 'source ~/.bashrc; ls'", []),
    "in a container": ("!apptainer exec -B /data fsl.simg bet /data/x out", []),
    "two spellings of home": ("!mkdir -p ~/out\nopen('/home/jovyan/out/x')", ["302 note 1:1"]),
    "sentence": ("x = '/data is where the files are'", []),
}


@pytest.mark.parametrize("name", PATHS)
def test_a_path_that_a_task_lacks_is_reported(name: str, tmp_path: Path, nothing: ModuleIndex) -> None:
    code, expected = PATHS[name]
    assert briefs(check(tmp_path, nothing, notebook(code))) == expected


def test_a_mounted_volume_has_what_it_has(tmp_path: Path, nothing: ModuleIndex) -> None:
    cell = "open('/data/x')\nopen('/data/y', 'w')\n!ls /data /mnt"
    assert briefs(check(tmp_path, nothing, notebook(cell), volumes=("/data",))) == ["301 warning 1:3"]


ASKING = {
    "input": ("x = input('Subject? ')", ["401 error 1:1"]),
    "raw_input": ("x = raw_input()", ["401 error 1:1"]),
    "getpass": ("from getpass import getpass\ngetpass()", ["401 error 1:2"]),
    "guarded": ("try:\n    input()\nexcept Exception:\n    pass", ["401 warning 1:2"]),
    "debugger": (
        "breakpoint()\nimport pdb; pdb.set_trace()\n%debug",
        ["402 warning 1:1", "402 warning 1:2", "402 warning 1:3"],
    ),
    "read -p": ("!read -p 'Go on?' answer", ["401 error 1:1"]),
    "conda": ("!conda install fsl", ["403 warning 1:1"]),
    "apt": ("!sudo apt-get install tree", ["403 warning 1:1"]),
    "display": ("!fsleyes a.nii", ["404 warning 1:1"]),
    "an own function": ("def input(x):\n    return x\ninput(1)", []),
    "a method": ("layer.input()\nself.input('x')", []),
    "in a text": ("print('input()')\n# input()", []),
    "read in a loop": ("%%bash\nwhile read -r line; do echo $line; done < list.txt", []),
    "confirmed": ("!conda install -y fsl\n!yes | apt install x\n!pip install x\n%conda install x", []),
    "rendered": ("!fsleyes render -of x.png a.nii", []),
}


@pytest.mark.parametrize("name", ASKING)
def test_code_that_waits_for_input_is_reported(name: str, tmp_path: Path, nothing: ModuleIndex) -> None:
    code, expected = ASKING[name]
    assert briefs(check(tmp_path, nothing, notebook(code))) == expected


OUTPUTS = {
    "nowhere": ("x = 1", "mask.nii.gz", True),
    "named": ("save(x, 'mask.nii.gz')", "mask.nii.gz", False),
    "in a directory": ("save(x, 'out/mask.nii.gz')", "out/mask.nii.gz", False),
    "by its stem": ("!bet in mask", "mask.nii.gz", False),
    "with what a tool adds": ("!bet in T1 -m", "T1_mask.nii.gz", False),
    "put together": ("open(f'{subject}_mask.txt', 'w')", "sub-01_mask.txt", False),
    "wholly unknown": ("open(name, 'w')", "mask.txt", False),
    "unpacked": ("!tar xf archive.tar", "mask.txt", False),
    "wildcard": ("fig.savefig('a.png')", "*.png", False),
    "wildcard of nothing": ("fig.savefig('a.png')", "*.csv", True),
    "of another script": ("!bash run_all.sh", "mask.txt", False),
    "by a workflow": ("import nipype", "mask.txt", False),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_that_no_code_names_is_reported(name: str, tmp_path: Path, nothing: ModuleIndex) -> None:
    code, output, told = OUTPUTS[name]
    report = check(tmp_path, nothing, notebook(code), outputs=(output,))
    assert briefs(report) == (["501 warning "] if told else [])


def test_an_output_that_exists_already_needs_no_writing(tmp_path: Path, nothing: ModuleIndex) -> None:
    more = {"mask.txt": "1"}
    assert briefs(check(tmp_path, nothing, notebook("1"), outputs=("mask.txt",), more=more)) == []
    assert briefs(check(tmp_path, nothing, notebook("1"), outputs=("m.txt",), inherited=("m.txt",))) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [("{", "011"), ("[]", "011"), ("{}", "011"), ('{"cells": [1]}', "011"), ('{"cells": 3}', "011")],
)
def test_a_file_that_is_not_a_notebook_is_a_finding(
    content: str, code: str, tmp_path: Path, nothing: ModuleIndex
) -> None:
    assert briefs(check(tmp_path, nothing, content, outputs=("x.csv",))) == [f"{code} error "]


def test_a_cell_with_a_syntax_error_is_a_finding_and_the_others_are_read(
    tmp_path: Path, nothing: ModuleIndex
) -> None:
    cells = ["x = 1\nfor in y:\n  pass", "input()", "!ls \\\n  -l\nx = = 2"]
    assert briefs(check(tmp_path, nothing, notebook(*cells))) == [
        "012 error 1:2",
        "012 error 3:3",
        "401 error 2:1",
    ]


def test_a_cell_that_is_meant_to_raise_may_have_a_syntax_error(tmp_path: Path, nothing: ModuleIndex) -> None:
    content = notebook("x = = 1", tags={1: ["raises-exception"]})
    assert briefs(check(tmp_path, nothing, content)) == ["012 warning 1:1"]


def test_a_newer_python_may_have_syntax_that_this_one_has_not(tmp_path: Path, nothing: ModuleIndex) -> None:
    content = json.loads(notebook("x = = 1"))
    content["metadata"]["language_info"] = {"name": "python", "version": f"3.{sys.version_info[1] + 1}.0"}
    assert briefs(check(tmp_path, nothing, json.dumps(content))) == ["012 warning 1:1"]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python knows the syntax")
@pytest.mark.parametrize("code", ["type X = int", "def f[T](a: T): pass", "x = f'{y['a']}'"])
def test_syntax_of_a_newer_python_stops_nothing(code: str, tmp_path: Path, nothing: ModuleIndex) -> None:
    assert briefs(check(tmp_path, nothing, f"{code}\n", "a.py")) == ["012 warning 1"]
    assert briefs(check(tmp_path, nothing, "x = = 1\n", "b.py")) == ["012 error 1"]


def test_a_defect_of_the_check_is_a_warning(
    tmp_path: Path, nothing: ModuleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("elyra_neurodesk.check.readers.files.read_python", broken)
    report = check(tmp_path, nothing, notebook("1"))
    assert briefs(report) == ["010 warning "]
    assert "ZeroDivisionError oops" in report.findings[0].message


def test_a_cell_that_is_skipped_is_not_read(tmp_path: Path, nothing: ModuleIndex) -> None:
    assert briefs(check(tmp_path, nothing, notebook("input()", tags={1: ["skip-execution"]}))) == []


def test_cells_are_counted_as_jupyterlab_counts_them(tmp_path: Path, nothing: ModuleIndex) -> None:
    content = json.loads(notebook("input()"))
    content["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": "# Title"})
    assert briefs(check(tmp_path, nothing, json.dumps(content))) == ["401 error 2:1"]


def test_a_script_that_is_not_text_is_a_finding(tmp_path: Path, nothing: ModuleIndex) -> None:
    (tmp_path / "helper.py").write_bytes(b"\xff\xfe\x00")
    report = check(tmp_path, nothing, notebook("1"), more={})
    assert briefs(report) == []
    path = tmp_path / "b.py"
    path.write_bytes(b"\xff\xfe")
    from elyra_neurodesk.check.check import check_sources

    assert briefs(check_sources([item("b", "b.py", path)], nothing)) == ["010 error "]
    gone = tmp_path / "gone.ipynb"
    assert briefs(check_sources([item("b", "gone.ipynb", gone, {})], nothing)) == ["010 error "]
