from __future__ import annotations

import hashlib
import io
import zipfile

from elyra_neurodesk.bootstrapper.zipapp import build_zipapp, zipapp_sha256


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
    assert all(name.startswith("elyra_neurodesk/bootstrapper/") for name in others)
    assert "elyra_neurodesk/bootstrapper/task.py" in others
