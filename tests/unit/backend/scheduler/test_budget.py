import pytest

from elyra_neurodesk.backend.config import Machine
from elyra_neurodesk.backend.scheduler.budget import Budget, Cost, TooLarge

GIB = 1 << 30


@pytest.fixture
def budget() -> Budget:
    return Budget(Machine(2.0, 4 * GIB))


def test_cores_are_lent_and_given_back(budget: Budget) -> None:
    for number in range(20):
        assert budget.fits(Cost(0.1, 0)), number
        budget.reserve(("r", str(number)), Cost(0.1, 0))
    assert not budget.fits(Cost(0.1, 0))
    budget.release(("r", "0"))
    assert budget.fits(Cost(0.1, 0))
    assert len(budget) == 19


def test_memory_is_lent_too(budget: Budget) -> None:
    budget.reserve(("r", "a"), Cost(0.5, 3 * GIB))
    assert not budget.fits(Cost(0.5, 2 * GIB))
    assert budget.fits(Cost(0.5, GIB))


def test_parallelism_limits_the_number_of_tasks() -> None:
    budget = Budget(Machine(64.0, GIB), parallelism=1)
    budget.reserve(("r", "a"), Cost(1.0, 0))
    assert budget.full()
    assert not budget.fits(Cost(0.1, 0))


def test_what_the_machine_can_never_carry_is_refused_by_name(budget: Budget) -> None:
    with pytest.raises(TooLarge, match=r"'big'.*3 CPUs.*has 2"):
        budget.check("big", Cost(3.0, 0))
    with pytest.raises(TooLarge, match=r"'big'.*5\.0 GiB.*4\.0 GiB"):
        budget.check("big", Cost(1.0, 5 * GIB))
    budget.check("right", Cost(2.0, 4 * GIB))


def test_giving_back_what_was_not_lent_changes_nothing(budget: Budget) -> None:
    budget.release(("r", "a"))
    assert budget.fits(Cost(2.0, 4 * GIB))


def test_accelerators_are_refused_where_there_are_none_and_lent_where_there_are(budget: Budget) -> None:
    gpu = Cost(0.5, 0, 1, "nvidia.com/gpu")
    with pytest.raises(TooLarge, match=r"'deep'.*requests 1 GPUs \(example\.org/gpu\).*has 0"):
        budget.check("deep", Cost(0.5, 0, 1, "example.org/gpu"))
    one = Budget(Machine(2.0, GIB), accelerators={"nvidia.com/gpu": 1}.__getitem__)
    one.check("deep", gpu)
    assert one.fits(gpu)
    one.reserve(("r", "a"), gpu)
    assert not one.fits(gpu)
    assert one.fits(Cost(0.5, 0))
    one.release(("r", "a"))
    assert one.fits(gpu)
