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
    single = {
        "__main__.py",
        *(f"elyra_neurodesk/{name}.py" for name in ("__init__", "errors", "formatting", "network", "paths")),
    }
    assert single <= set(names)
    others = set(names) - single
    packages = ("bootstrapper", "modules", "record", "storage")
    ours = tuple(f"elyra_neurodesk/{package}/" for package in packages)
    assert all(name.startswith(ours) and "__pycache__" not in name for name in others)
    assert {"elyra_neurodesk/bootstrapper/task.py", "elyra_neurodesk/modules/tree.py"} <= others
    assert "elyra_neurodesk/storage/task.py" in others
    assert not {"elyra_neurodesk/modules/index.py", "elyra_neurodesk/storage/client.py"} & others


def test_it_reaches_the_object_store_with_the_standard_library_alone(tmp_path: Path) -> None:
    path = tmp_path / "bootstrapper.pyz"
    path.write_bytes(build_zipapp())
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from elyra_neurodesk.storage import task\n"
        "from elyra_neurodesk.storage.location import StorageLocation\n"
        "try: task.task_storage(StorageLocation('http://x', 'b'), {}).get('key')\n"
        "except task.TaskWrongCredentials as problem: print(task.__file__, problem.code)"
    )
    command = [sys.executable, "-I", "-S", "-c", program, str(path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output == f"{path}/elyra_neurodesk/storage/task.py ND-STORE-004\n"


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
