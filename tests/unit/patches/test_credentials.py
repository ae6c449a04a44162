"""Notebook tasks read the credentials from a Kubernetes secret."""

from __future__ import annotations

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.credentials import add_credentials
from tests.support.contexts import CATALOG, SPEC, context


def test_credentials_come_from_the_secret_and_never_from_a_node() -> None:
    task = Task("t", "T", spec=SPEC, env={"AWS_SECRET_ACCESS_KEY": "typed", "A": "1"})
    patched = add_credentials(task, context())
    assert patched.env == {"A": "1"}
    assert patched.platform == {
        "secretAsEnv": [
            {
                "secretName": "creds",
                "keyToEnv": [
                    {"secretKey": "user", "envVar": "AWS_ACCESS_KEY_ID"},
                    {"secretKey": "pass", "envVar": "AWS_SECRET_ACCESS_KEY"},
                ],
            }
        ]
    }
    assert add_credentials(CATALOG, context()) == CATALOG
