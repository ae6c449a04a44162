"""Declared outputs are compared with what the task was given."""

from __future__ import annotations

from pathlib import Path

from elyra_neurodesk.bootstrapper.file_manifest import snapshot
from elyra_neurodesk.bootstrapper.guard.host.declared_outputs import findings_of
from elyra_neurodesk.storage.interface import file_sha256


def test_empty_copied_and_unchanged_files_are_named(tmp_path: Path) -> None:
    for name, text in (("n.ipynb", "{}"), ("given.csv", "a"), ("of_parent.csv", "b"), ("kept.csv", "c")):
        (tmp_path / name).write_text(text)
    inputs = {"of_parent.csv": file_sha256(tmp_path / "of_parent.csv")}
    manifest = snapshot(tmp_path, "n.ipynb", inputs)
    for name, text in (("copy.csv", "a"), ("again.csv", "b"), ("new.csv", "d"), ("empty.csv", "")):
        (tmp_path / name).write_text(text)
    (tmp_path / "mean.nii.gz").write_text("no image")
    files = [*sorted(path.name for path in tmp_path.glob("*.csv")), "mean.nii.gz", "gone.nii"]
    found = findings_of(files, tmp_path, manifest, inputs, ["*.csv", "kept.csv"])
    assert [(item["code"][-3:], item["severity"], item["message"]) for item in found] == [
        (
            "012",
            "warning",
            "the declared output again.csv has the same content as of_parent.csv, which the task was given",
        ),
        (
            "012",
            "warning",
            "the declared output copy.csv has the same content as given.csv, which the task was given",
        ),
        ("012", "warning", "the declared output empty.csv is empty"),
        ("012", "warning", "the declared output kept.csv was there before, and nothing has changed it"),
        ("011", "error", "the declared output mean.nii.gz has no NIfTI header"),
    ]
