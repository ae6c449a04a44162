"""The token goes to the embedded backend alone."""

from __future__ import annotations

import pytest

from elyra_neurodesk.backend.recognition import NotOurServer
from elyra_neurodesk.elyra_adapter.connection import connect_to
from elyra_neurodesk.settings import THIS_MACHINE
from tests.integration.runs.servers import Reply, Request, serving_requests
from tests.support.configurations import runtime_configuration

TOKEN = "t0ken-" * 8


def test_a_program_that_took_the_port_of_the_backend_is_not_sent_its_token() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Reply:
        asked.append(request)
        return Reply(content={"tag_name": "elyra-neurodesk-1", "multi_user": False, "proof": "0" * 64})

    with serving_requests(answer) as server:
        configuration = runtime_configuration(
            name=THIS_MACHINE,
            api_endpoint=f"{server.url}/pipeline",
            auth_type="EXISTING_BEARER_TOKEN",
            api_password=TOKEN,
        )
        with pytest.raises(NotOurServer, match="not this user's embedded backend"):
            connect_to(configuration)
    assert asked
    assert not [one for one in asked if TOKEN in f"{one}"]
