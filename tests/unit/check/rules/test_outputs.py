"""Declared outputs that no code writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook

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
