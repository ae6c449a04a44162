"""What a task was given, by hash."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper import file_manifest


def lay(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_the_notebook_stands_apart_and_inputs_of_other_tasks_are_left_out(tmp_path: Path) -> None:
    lay(tmp_path, a_ipynb="nb", lib__h_py="code", t_tsv="data", in_csv="from before")
    found = file_manifest.snapshot(tmp_path, "a.ipynb", {"in.csv": "0" * 64})
    assert (found.source.path, found.source.sha256) == ("a.ipynb", sha256(b"nb").hexdigest())
    assert [(one.path, one.size) for one in found.files] == [("lib/h.py", 4), ("t.tsv", 4)]
    assert found.unlisted == 0


def test_past_the_limits_files_are_counted_and_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, a_py="x", b_bin="1234567890", c_txt="12", d_txt="34", e_txt="5")
    monkeypatch.setattr(file_manifest, "MAX_HASHED", 5)
    monkeypatch.setattr(file_manifest, "MAX_FILES", 2)
    found = file_manifest.snapshot(tmp_path, "a.py", {})
    assert ([one.path for one in found.files], found.unlisted) == (["c.txt", "d.txt"], 2)


def test_a_link_to_nothing_is_counted(tmp_path: Path) -> None:
    lay(tmp_path, a_py="x")
    (tmp_path / "link").symlink_to("nowhere")
    assert file_manifest.snapshot(tmp_path, "a.py", {}).unlisted == 1
