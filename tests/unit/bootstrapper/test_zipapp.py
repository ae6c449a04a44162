from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

from elyra_neurodesk.bootstrapper.zipapp import build_zipapp, zipapp_sha256
from tests.support.neurodesk_tree import Tool, make_tree


def test_the_same_sources_give_the_same_bytes() -> None:
    first = build_zipapp()
    build_zipapp.cache_clear()
    assert build_zipapp() == first
    assert zipapp_sha256() == hashlib.sha256(first).hexdigest()


def test_it_holds_the_bootstrapper_and_nothing_else() -> None:
    names = zipfile.ZipFile(io.BytesIO(build_zipapp())).namelist()
    assert names == sorted(names)
    assert {"__main__.py", "elyra_neurodesk/__init__.py", "elyra_neurodesk/errors.py"} <= set(names)
    others = set(names) - {"__main__.py", "elyra_neurodesk/__init__.py", "elyra_neurodesk/errors.py"}
    ours = tuple(f"elyra_neurodesk/{package}/" for package in ("bootstrapper", "modules", "record"))
    assert all(name.startswith(ours) and "__pycache__" not in name for name in others)
    assert {"elyra_neurodesk/bootstrapper/task.py", "elyra_neurodesk/modules/tree.py"} <= others
    assert "elyra_neurodesk/modules/index.py" not in others


def test_it_looks_modules_up_with_the_standard_library_alone(tmp_path: Path) -> None:
    path = tmp_path / "bootstrapper.pyz"
    path.write_bytes(build_zipapp())
    root = make_tree(tmp_path / "tree", [Tool("fsl", "6.0.4", "20210105", {"bet": "true"})])
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from elyra_neurodesk.bootstrapper import modules\n"
        "print(modules.__file__, modules.resolve('fsl', Path(sys.argv[2]))[0].module)"
    )
    command = [sys.executable, "-I", "-S", "-c", program, str(path), str(root)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output == f"{path}/elyra_neurodesk/bootstrapper/modules.py fsl/6.0.4\n"
