"""Which objects belong to a run, and what is deleted of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from elyra_neurodesk.kfp_api.runs import RunGoesOn
from elyra_neurodesk.runs.deletion import UnsafeDirectory, own_prefix, plan_deletion

RUN = "0b3e2f1c-6f1c-4f5e-9a53-2f1f0c8a7d11"


def test_the_prefix_of_a_run_ends_behind_its_id() -> None:
    assert own_prefix(f"team/pipeline/{RUN}", RUN) == f"team/pipeline/{RUN}/"


@pytest.mark.parametrize(
    ("directory", "run"),
    [
        ("team/pipeline", RUN),
        (f"team/../{RUN}", RUN),
        (f"../x/{RUN}", RUN),
        (f"team//{RUN}", RUN),
        (f"/team/{RUN}", RUN),
        (f"team/./{RUN}", RUN),
        (f"team/pipeline/{RUN}-2", RUN),
        (f"team/pipeline/{RUN}/", RUN),
        ("", ""),
        ("team/pipeline/", ""),
        ("team/pipeline/..", ".."),
        ("team/../x", "../x"),
        ("team/1", "1"),
    ],
)
def test_a_directory_that_is_not_the_runs_alone_is_refused(directory: str, run: str) -> None:
    with pytest.raises(UnsafeDirectory, match="not in its own directory"):
        own_prefix(directory, run)


@dataclass
class _Storage:
    """Lists more than it was asked for, as a store must not."""

    keys: tuple[str, ...]
    asked: list[str] = field(default_factory=list)

    def list(self, prefix: str) -> list[Any]:
        self.asked.append(prefix)
        return [SimpleNamespace(key=key, size=1) for key in self.keys]


def test_only_keys_below_the_prefix_are_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    own = f"team/p/{RUN}/task/out.txt"
    storage = _Storage((own, f"team/p/{RUN}-2/task/out.txt", f"team/p/{RUN}", "team/other"))
    results = SimpleNamespace(specs={"task": 1}, directory=f"team/p/{RUN}", storage=storage)
    monkeypatch.setattr(
        "elyra_neurodesk.runs.deletion.RunResults", SimpleNamespace(of=lambda connection, run: results)
    )
    connection: Any = None
    found = plan_deletion(connection, _run(datetime(2026, 1, 2, tzinfo=UTC)), outputs=True)
    assert storage.asked == [f"team/p/{RUN}/"]
    assert [item.key for item in found.objects] == [own]
    assert (found.size, found.to_json()["objects"]) == (1, 1)


def test_a_run_that_goes_on_is_not_planned() -> None:
    connection: Any = None
    with pytest.raises(RunGoesOn, match=r"has not ended \(RUNNING\) and cannot be deleted"):
        plan_deletion(connection, _run(datetime(1970, 1, 1, tzinfo=UTC), "RUNNING"), outputs=False)


def _run(finished: datetime, state: str = "FAILED") -> Any:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    return SimpleNamespace(
        run_id=RUN,
        display_name="name",
        state=state,
        created_at=created,
        finished_at=finished,
        run_details=None,
        error=None,
        state_history=None,
    )
