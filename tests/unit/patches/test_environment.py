"""Tasks have the variables that a start hook would have set."""

from __future__ import annotations

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.environment import ENVIRONMENT, add_environment
from tests.support.contexts import context


def test_the_users_environment_wins() -> None:
    own = Task("t", "T", env={"LMOD_CMD": "/mine"})
    assert add_environment(own, context()).env == {**ENVIRONMENT, "LMOD_CMD": "/mine"}
