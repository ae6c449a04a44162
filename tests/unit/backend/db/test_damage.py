"""A damaged database is noticed, and nothing of it is lost."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from elyra_neurodesk.backend.db.catalog import Catalog
from elyra_neurodesk.backend.db.damage import DatabaseDamaged, check_database, set_aside, unknown_runs
from elyra_neurodesk.backend.db.database import Database
from elyra_neurodesk.backend.db.rows import AVAILABLE, RunRow, TaskRow, now
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import SUCCEEDED
from tests.support.damage import empty, garbage, gone, no_schema, other, truncate


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a database with 50 runs, as a server leaves it that was killed: the last ones in the log."""
    used = tmp_path / "used.sqlite"
    database = Database(used)
    experiment = Catalog(database).ensure_default_experiment()
    runs = RunStore(database)
    for number in range(50):
        run = RunRow(f"run-{number}", experiment, "r", "", "", "", "p", "", {}, SUCCEEDED, AVAILABLE, now())
        runs.add(run, f"text {number}" * 500, [TaskRow(run.run_id, "a", 0, "a", ())])
        if number == 40:
            database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = tmp_path / "db.sqlite"
    for ending in ("", "-wal"):
        shutil.copy(used.with_name(used.name + ending), copy.with_name(copy.name + ending))
    return copy


def test_a_database_that_was_killed_is_not_damaged_and_has_all_runs(file: Path) -> None:
    check_database(file, used=True)
    assert unknown_runs(file, {f"run-{number}" for number in range(50)}) == []
    assert RunStore(Database(file)).counts() == {SUCCEEDED: 50}


@pytest.mark.parametrize("damage", [truncate, garbage, empty, other, no_schema, gone])
def test_damage_is_one_line_that_names_the_file_and_the_way_out(
    file: Path, damage: Callable[[Path], None]
) -> None:
    if damage in (truncate, garbage):
        file.with_name("db.sqlite-wal").unlink()  # it would repair some of the pages
    damage(file)
    before = contents(file.parent)
    with pytest.raises(DatabaseDamaged) as caught:
        check_database(file, used=True)
    assert caught.value.message.startswith(f"the database {file} is damaged: ")
    assert "local up --new-database" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert contents(file.parent) == before


def test_an_empty_file_is_a_new_database_where_nothing_was_run(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite"
    check_database(file, used=True)
    file.touch()
    check_database(file, used=False)
    file.with_name("db.sqlite-wal").write_bytes(b"x")
    with pytest.raises(DatabaseDamaged, match="it is empty"):
        check_database(file, used=False)


def test_runs_that_only_the_lost_log_had_are_named(file: Path) -> None:
    file.with_name("db.sqlite-wal").unlink()
    check_database(file, used=True)
    lost = unknown_runs(file, {f"run-{number}" for number in range(50)})
    assert lost == [f"run-{number}" for number in range(41, 50)]


def test_what_is_set_aside_keeps_every_byte(file: Path) -> None:
    before = sorted(contents(file.parent).values())
    aside = set_aside(file)
    assert aside is not None
    assert not file.exists()
    assert sorted(contents(file.parent).values()) == before
    assert RunStore(Database(aside)).counts() == {SUCCEEDED: 50}  # its log has gone with it
    assert set_aside(file) is None


def contents(directory: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.iterdir()
        if path.name.startswith("db.sqlite") and not path.name.endswith("-shm") and path.stat().st_size
    }
