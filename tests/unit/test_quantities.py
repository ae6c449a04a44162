import subprocess
import sys

import pytest

from elyra_neurodesk.quantities import InvalidQuantity, parse_bytes, parse_cores, whole_quantity


@pytest.mark.parametrize(
    ("quantity", "cores"),
    [
        ("500m", 0.5),
        ("2", 2.0),
        ("0.5", 0.5),
        (0.25, 0.25),
        (3, 3.0),
        ("1e1", 10.0),
        ("100u", 0.0001),
        (".5", 0.5),
    ],
)
def test_cpu_is_read_in_cores(quantity, cores):
    assert parse_cores(quantity) == cores


@pytest.mark.parametrize(
    ("quantity", "size"),
    [
        ("1Gi", 2**30),
        ("2G", 2 * 10**9),
        (2e9, 2 * 10**9),
        ("128Mi", 128 * 2**20),
        ("64k", 64000),
        ("1Ki", 1024),
        ("1.5Gi", 3 * 2**29),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1m", 1),
        ("0", 0),
    ],
)
def test_memory_is_read_in_bytes_rounded_up(quantity, size):
    assert parse_bytes(quantity) == size


@pytest.mark.parametrize(
    "quantity",
    ["", "Gi", "1GB", "1 Gi", "one", "-1", "1ki", "nan", "inf", "1e", "1,5", "0x10", "1K", "1mi", "1_0", "١"],
)
def test_anything_else_is_an_error_that_shows_the_text(quantity):
    for parse in (parse_bytes, parse_cores):
        with pytest.raises(InvalidQuantity, match="ND-LOCAL-104") as caught:
            parse(quantity)
        assert repr(quantity) in str(caught.value)


@pytest.mark.parametrize(
    ("size", "quantity"),
    [(0, "0"), (1, "1"), (1024, "1Ki"), (3 * 2**29, "1536Mi"), (2**60, "1Ei"), (10**9, "1000000000")],
)
def test_bytes_are_written_without_a_fraction(size: int, quantity: str) -> None:
    assert whole_quantity(size) == quantity
    assert parse_bytes(quantity) == size


def test_plain_numbers_are_read_without_the_kubernetes_package() -> None:
    code = "import sys; from elyra_neurodesk.quantities import parse_bytes; parse_bytes('0'); "
    code += "sys.exit('kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
