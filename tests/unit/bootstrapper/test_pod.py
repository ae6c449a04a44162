from __future__ import annotations

import pytest

from elyra_neurodesk.bootstrapper.pod import PROBLEM, PodIncomplete, check


def test_a_whole_pod_is_not_complained_about() -> None:
    environment = {"HOME": "/home/jovyan"}
    check(environment)
    assert environment == {"HOME": "/home/jovyan"}


def test_the_backends_message_keeps_its_code_and_leaves_the_environment() -> None:
    environment = {PROBLEM: "ND-LOCAL-111: no directory stands for 'cv'. Name one."}
    with pytest.raises(PodIncomplete) as caught:
        check(environment)
    assert str(caught.value) == "ND-LOCAL-111: no directory stands for 'cv'. Name one."
    assert (caught.value.code, caught.value.exit_status) == ("ND-LOCAL-111", 19)
    assert environment == {}


def test_a_message_without_a_code_gets_one() -> None:
    with pytest.raises(PodIncomplete, match=r"^ND-POD-001: no volume$"):
        check({PROBLEM: "no volume"})
