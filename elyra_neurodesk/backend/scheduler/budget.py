"""The machine's cores and memory, and how much of them tasks hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from elyra_neurodesk.backend.accelerators import available
from elyra_neurodesk.backend.config import Machine
from elyra_neurodesk.backend.package.model import ContainerResources, Package
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.formatting import format_bytes

DEFAULT_CPUS = 1.0


class TooLarge(NeurodeskError):
    """A task asks for more than the machine has."""

    code = "ND-LOCAL-014"
    hint = (
        "Lower the request in the node's properties, let tasks use more (elyra-neurodesk local up --cpus, "
        "--memory), or run the pipeline on a cluster."
    )


@dataclass(frozen=True)
class Cost:
    """What a task holds while it runs.

    Attributes:
        cpus: cores.
        memory: bytes.
        accelerators: number of accelerators.
        accelerator_kind: for example ``nvidia.com/gpu``.
    """

    cpus: float
    memory: int
    accelerators: int = 0
    accelerator_kind: str = ""

    @classmethod
    def of(cls, resources: ContainerResources, machine: Machine) -> Cost:
        """Return what a container's requests come to; one core when it names none.

        As in Kubernetes a limit without a request counts as the request, here at most the whole machine.
        """
        cpus = min(resources.cpu_limit or DEFAULT_CPUS, machine.cpus)
        memory = min(resources.memory_limit or 0, machine.memory)
        return cls(
            resources.cpu_request or cpus,
            resources.memory_request or memory,
            resources.accelerators,
            resources.accelerator_kind,
        )


def check_requests(package: Package, machine: Machine) -> None:
    """Raise TooLarge for the first task of a package that could never run on this machine."""
    budget = Budget(machine)
    for task in package.tasks.values():
        budget.check(task.display_name, Cost.of(task.resources, machine))


class Budget:
    """What tasks hold at present.

    Args:
        machine: the total.
        parallelism: maximum number of tasks at once; 0 for no limit but cores and memory.
        accelerators: returns how many of a kind there are.
    """

    def __init__(
        self, machine: Machine, parallelism: int = 0, accelerators: Callable[[str], int] = available
    ) -> None:
        self.machine = machine
        self._accelerators = accelerators
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
                f"the node {name!r} requests {cost.cpus:g} CPUs"
                f" and this machine has {self.machine.cpus:g} for tasks."
            )
        if cost.memory > self.machine.memory:
            raise TooLarge(
                f"the node {name!r} requests {format_bytes(cost.memory)} of memory"
                f" and this machine has {format_bytes(self.machine.memory)} for tasks."
            )
        kind = cost.accelerator_kind
        if cost.accelerators and cost.accelerators > (has := self._accelerators(kind)):
            raise TooLarge(
                f"the node {name!r} requests {cost.accelerators} GPUs ({kind}) and this machine has {has}.",
                "Lower the request in the node's properties, or run the pipeline on a cluster with GPUs.",
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
        memory_fits = self._memory + cost.memory <= self.machine.memory
        return cpus_fit and memory_fits and self._accelerators_fit(cost)

    def _accelerators_fit(self, cost: Cost) -> bool:
        if not cost.accelerators:
            return True
        kind = cost.accelerator_kind
        held = sum(other.accelerators for other in self._held.values() if other.accelerator_kind == kind)
        return held + cost.accelerators <= self._accelerators(kind)

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
