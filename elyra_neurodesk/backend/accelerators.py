"""The accelerators of this machine, by the names that Kubernetes' device plugins give them."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

NVIDIA, AMD = "nvidia.com/gpu", "amd.com/gpu"
_SECONDS = 10.0
_NVIDIA_DEVICE = re.compile(r"nvidia[0-9]+")


@functools.cache
def available(kind: str) -> int:
    """Return how many accelerators of a kind (``nvidia.com/gpu``) this machine has; 0 of an unknown kind."""
    return {NVIDIA: _nvidia, AMD: _amd}.get(kind, int)()


def _nvidia() -> int:
    """Return NVIDIA's GPUs: `nvidia-smi` knows them in WSL2 too, where they have no files in /dev."""
    if program := shutil.which("nvidia-smi"):
        try:
            done = subprocess.run(
                [program, "-L"], capture_output=True, text=True, timeout=_SECONDS, check=True
            )
            return sum(line.startswith("GPU ") for line in done.stdout.splitlines())
        except (OSError, ValueError, subprocess.SubprocessError):
            pass  # without a driver it fails
    return sum(bool(_NVIDIA_DEVICE.fullmatch(file.name)) for file in Path("/dev").iterdir())


def _amd() -> int:
    """Return AMD's GPUs (the kernel's amdkfd); its nodes with gpu_id 0 are CPUs."""
    nodes = Path("/sys/class/kfd/kfd/topology/nodes").glob("*/gpu_id")
    return sum(node.read_text(encoding="ascii").strip() != "0" for node in nodes)
