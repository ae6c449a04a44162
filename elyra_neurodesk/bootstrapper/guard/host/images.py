"""Whether a NIfTI file can be read: its header, and as much data as that says. Standard library only.

The layouts are those of nifti1.h and nifti2.h (https://nifti.nimh.nih.gov).
"""

from __future__ import annotations

import gzip
import math
import struct
import time
import zlib
from pathlib import Path
from typing import IO, NamedTuple

SUFFIXES = (".nii", ".nii.gz")
_BITS = frozenset([1, 8, 16, 24, 32, 64, 96, 128, 256])
_CHUNK = 1 << 20


class _Layout(NamedTuple):
    size: int
    magic: int
    dimensions: tuple[int, str]
    bits: int
    data: tuple[int, str]


_LAYOUTS = {
    348: _Layout(348, 344, (40, "8h"), 72, (108, "f")),
    540: _Layout(540, 4, (16, "8q"), 14, (168, "q")),
}


def is_nifti(path: str) -> bool:
    """Tell by its name whether a file should be a NIfTI image with its data."""
    return path.lower().endswith(SUFFIXES)


def problem_of(path: Path, deadline: float) -> str:
    """Return what is wrong with a NIfTI file, "" where nothing is or the time has not sufficed to tell.

    A compressed file whose trailer has the size that the header asks for is not unpacked.

    Args:
        path: the file.
        deadline: `time.monotonic` until which a compressed file may be unpacked.

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    if size == 0:
        return "is empty"
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not compressed:
            needed = _bytes_of(file.read(540))
            return needed if isinstance(needed, str) else _shortage(size, needed)
        try:
            return _compressed_problem(file, size, deadline)
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            return f"is cut off or damaged: {problem}"


def _compressed_problem(file: IO[bytes], size: int, deadline: float) -> str:
    with gzip.GzipFile(fileobj=file) as unpacked:
        needed = _bytes_of(unpacked.read(540))
        if isinstance(needed, str):
            return needed
        file.seek(max(0, size - 4))
        if struct.unpack("<I", file.read(4).rjust(4, b"\0"))[0] == needed % (1 << 32):
            return ""
    file.seek(0)
    there = 0
    with gzip.GzipFile(fileobj=file) as unpacked:
        while there < needed and time.monotonic() < deadline:
            chunk = unpacked.read(min(_CHUNK, needed - there))
            if not chunk:
                return _shortage(there, needed)
            there += len(chunk)
    return ""


def _shortage(there: int, needed: int) -> str:
    return f"has {there:,} bytes where its header asks for {needed:,}" if there < needed else ""


def _bytes_of(header: bytes) -> int | str:
    """Return how many bytes a file with this header needs, or what is wrong with the header."""
    for order in "<>":
        layout = _LAYOUTS.get(struct.unpack_from(f"{order}i", header)[0]) if len(header) >= 4 else None
        if layout is not None and len(header) >= layout.size:
            break
    else:
        return "has no NIfTI header"
    magic = header[layout.magic : layout.magic + 3]
    if magic not in (b"n+1", b"n+2", b"ni1", b"ni2"):
        return "has no NIfTI header"
    rank, *lengths = map(int, struct.unpack_from(order + layout.dimensions[1], header, layout.dimensions[0]))
    bits = int(struct.unpack_from(f"{order}h", header, layout.bits)[0])
    begin = int(struct.unpack_from(order + layout.data[1], header, layout.data[0])[0])
    if not 1 <= rank <= 7 or min(lengths[:rank]) < 1 or bits not in _BITS or not 0 <= begin < 1 << 31:
        return "has a damaged NIfTI header"
    if magic in (b"ni1", b"ni2"):  # its data is in another file
        return layout.size
    return max(begin, layout.size) + (math.prod(lengths[:rank]) * bits + 7) // 8
