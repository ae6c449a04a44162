"""What requests to the KFP API carry, and what the client costs to import."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from elyra_neurodesk.kfp_api.connection import Authentication, connect
from elyra_neurodesk.settings import UnusableRuntimeConfiguration
from tests.support.configurations import runtime_configuration


def fresh_token(configuration: SimpleNamespace) -> None:
    configuration.api_key["authorization"] = "fresh"


@pytest.mark.parametrize(
    ("authentication", "headers"),
    [
        (Authentication(), {}),
        (Authentication(token="t"), {"Authorization": "Bearer t"}),
        (Authentication(cookies="session=c"), {"Cookie": "session=c"}),
        (Authentication(refresh=fresh_token), {"Authorization": "Bearer fresh"}),
    ],
)
def test_each_kind_of_authentication_has_its_header(
    authentication: Authentication, headers: dict[str, str]
) -> None:
    assert authentication.headers() == headers


def test_neither_token_nor_cookie_is_in_the_repr() -> None:
    assert "hunter2" not in repr(Authentication(token="hunter2", cookies="hunter2"))


def test_a_configuration_without_an_endpoint_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(UnusableRuntimeConfiguration, match="'here' has no API endpoint"):
        connect(runtime_configuration(api_endpoint=""), lambda configuration: pytest.fail("logs in"))


def test_calls_to_the_api_import_neither_kfp_nor_elyra() -> None:
    program = (
        "import sys\n"
        "from elyra_neurodesk.kfp_api import connection, publish, runs\n"
        "print(sorted({'kfp', 'elyra', 'kubernetes'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
