"""The machine's cores and memory, and how much of them tasks hold."""

from __future__ import annotations

from dataclasses import dataclass

from elyra_neurodesk.backend.config import Machine
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.formatting import format_bytes

DEFAULT_CPUS = 1.0


class TooLarge(NeurodeskError):
    """A task asks for more than the machine has."""

    code = "ND-LOCAL-014"
    hint = "Lower the node's request, or run the pipeline on a cluster."


@dataclass(frozen=True)
class Cost:
    """What a task holds while it runs.

    Attributes:
        cpus: cores.
        memory: bytes.
    """

    cpus: float
    memory: int


class Budget:
    """What tasks hold at present.

    Args:
        machine: the total.
        parallelism: maximum number of tasks at once; 0 for no limit but cores and memory.
    """

    def __init__(self, machine: Machine, parallelism: int = 0) -> None:
        self.machine = machine
        self.parallelism = parallelism
        self._held: dict[tuple[str, str], Cost] = {}
        self._cpus = 0.0
        self._memory = 0

    def __len__(self) -> int:
        """Return how many tasks hold something."""
        return len(self._held)

    def check(self, name: str, cost: Cost) -> None:
        """Raise TooLarge when the task ``name`` could never run here."""
        if cost.cpus > self.machine.cpus:
            raise TooLarge(
                f"the task {name!r} requests {cost.cpus:g} CPUs and this machine has {self.machine.cpus:g}."
            )
        if cost.memory > self.machine.memory:
            raise TooLarge(
                f"the task {name!r} requests {format_bytes(cost.memory)} of memory"
                f" and this machine has {format_bytes(self.machine.memory)}."
            )

    def full(self) -> bool:
        """Return whether nothing more can start, however small."""
        return self._cpus >= self.machine.cpus or (0 < self.parallelism <= len(self._held))

    def fits(self, cost: Cost) -> bool:
        """Return whether a task of this cost can start now."""
        if 0 < self.parallelism <= len(self._held):
            return False
        # sums of fractions such as 0.1 are a little off
        cpus_fit = self._cpus + cost.cpus <= self.machine.cpus + 1e-9
        return cpus_fit and self._memory + cost.memory <= self.machine.memory

    def reserve(self, key: tuple[str, str], cost: Cost) -> None:
        """Reserve ``cost`` for a task; one found running at the start may exceed what is left."""
        self._held[key] = cost
        self._sum()

    def release(self, key: tuple[str, str]) -> None:
        """End the reservation of a task, if there is one."""
        self._held.pop(key, None)
        self._sum()

    def _sum(self) -> None:
        self._cpus = sum(cost.cpus for cost in self._held.values())
        self._memory = sum(cost.memory for cost in self._held.values())
