"""Code that needs a user or a display."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook

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
    "display, as the container spells it": ("%%bash\nFSLeyes a.nii &\nwait", ["404 warning 1:2"]),
    "event loop of a desktop": ("%gui qt", ["404 warning 1:1"]),
    "no event loop": ("%gui", []),
    "window of a library": ("import napari\nviewer = napari.Viewer()", ["404 warning 1:2"]),
    "figure": ("import matplotlib.pyplot as plt\nplt.show()", []),
    "exit": ("if failed:\n    exit()\nquit()", ["405 warning 1:2", "405 warning 1:3"]),
    "exit that stops": ("import sys\nsys.exit(1)", []),
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
