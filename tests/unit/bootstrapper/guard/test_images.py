"""NIfTI images, whole and broken; those of nibabel are the measure."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import numpy as np
import pytest

from elyra_neurodesk.bootstrapper.guard.host import images

nibabel = pytest.importorskip("nibabel")


def problem(path: Path) -> str:
    return images.problem_of(path, time.monotonic() + 10)


@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti2Image"])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("number", ["u1", "i2", "f4", "f8", "c8"])
def test_what_nibabel_writes_can_be_read(
    tmp_path: Path, kind: str, name: str, order: str, number: str
) -> None:
    header = getattr(nibabel, kind.replace("Image", "Header"))(endianness=order)
    header.set_data_dtype(np.dtype(number).newbyteorder(order))
    voxels = np.zeros((5, 4, 3, 2), number)
    getattr(nibabel, kind)(voxels, np.eye(4), header).to_filename(tmp_path / name)
    assert problem(tmp_path / name) == ""


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    voxels = np.random.default_rng(1).integers(0, 99, (20, 20, 20)).astype("i2")
    nibabel.Nifti1Image(voxels, np.eye(4)).to_filename(tmp_path / "whole.nii")
    return (tmp_path / "whole.nii").read_bytes()


def test_data_that_is_cut_off_is_counted(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "a.nii"
    path.write_bytes(whole[:-1])
    assert problem(path) == "has 16,351 bytes where its header asks for 16,352"
    path.write_bytes(whole + b"more")
    assert problem(path) == ""


def test_a_compressed_image_is_followed_to_its_end(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "a.nii.gz"
    packed = gzip.compress(whole)
    path.write_bytes(packed[: len(packed) // 2])
    assert problem(path).startswith("is cut off or damaged: ")
    path.write_bytes(gzip.compress(whole[:-5]))
    assert problem(path) == "has 16,347 bytes where its header asks for 16,352"
    path.write_bytes(gzip.compress(whole[:400]) + gzip.compress(whole[400:]))
    assert problem(path) == ""
    path.write_bytes(packed + b"trailing")
    assert problem(path) == ""


def test_a_file_that_is_no_image_has_no_header(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "a.nii.gz"
    for content in (b"<html>504</html>" * 60, gzip.compress(b"text" * 200), b"abc", whole[:100]):
        path.write_bytes(content)
        assert problem(path) == "has no NIfTI header"
    path.write_bytes(b"")
    assert problem(path) == "is empty"
    path.write_bytes(whole[:40] + b"\xff" * 16 + whole[56:])
    assert problem(path) == "has a damaged NIfTI header"


def test_no_more_time_is_taken_than_there_is(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "a.nii.gz"
    path.write_bytes(gzip.compress(whole[:-5]))
    assert images.problem_of(path, time.monotonic() - 1) == ""
