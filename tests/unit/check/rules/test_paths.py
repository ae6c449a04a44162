"""Paths that a batch job does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook

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
    "storage itself, which every task has": ("!ls /neurodesktop-storage", []),
    "empty directory listed": ("!ls /data", ["301 warning 1:1"]),
    "told once": ("a = '/data/x'\nb = '/data/x/y'\nopen(a)", ["301 warning 1:3"]),
    "named, then written": ("out = '/data/x.csv'\ndf.to_csv(out)", ["302 note 1:2"]),
    "named, then made": ("d = '/mnt/out'\nimport os\nos.makedirs(d, exist_ok=True)", ["302 note 1:3"]),
    "named, then put together and made": (
        "import os\nroot = '/scratch/study'\nos.makedirs(os.path.join(root, 'a'))\nopen(root + '/a/x', 'w')",
        ["302 note 1:3"],
    ),
    "made by a clone, entered": (
        "!git clone https://example.org/x /work/x\n!cd /work/x && ls",
        ["302 note 1:1"],
    ),
    "made in a shell, read in another": (
        "%%bash\nmkdir -p /scratch/a\nbet /scratch/a/in.nii out",
        ["302 note 1:2"],
    ),
    "in a shell cell": ("%%bash\nset -e\nbet /mnt/study/in.nii out", ["301 warning 1:3"]),
    "a library's cache": (
        "import os\nos.environ['MPLCONFIGDIR'] = '/home/jovyan/.mpl'\n%env HF_HOME=/data/hf\n"
        "!export XDG_CACHE_HOME=/data/cache; ls",
        [],
    ),
    "a directory of data in a variable": (
        "import os\nos.environ['SUBJECTS_DIR'] = '/data/subjects'",
        ["301 warning 1:2"],
    ),
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
