"""Pipelines, their versions and experiments in the database."""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from dataclasses import replace
from typing import TypeVar

from elyra_neurodesk.backend.db.database import Database, columns, decode, insert, update
from elyra_neurodesk.backend.db.listing import Condition, Listing
from elyra_neurodesk.backend.db.rows import ExperimentRow, PipelineRow, VersionRow, now
from elyra_neurodesk.errors import NeurodeskError

DEFAULT_EXPERIMENT = "Default"
Kind = TypeVar("Kind")


class NotFound(NeurodeskError):
    """No object has this id or name."""

    code = "ND-LOCAL-011"
    hint = "`elyra-neurodesk runs list` shows what there is."


class NameTaken(NeurodeskError):
    """A name that must be unique is in use."""

    code = "ND-LOCAL-012"
    hint = "Choose another name, or upload a new version of the pipeline that has it."


class Catalog:
    """Reads and writes pipelines, versions and experiments.

    Args:
        database: the embedded backend's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure_default_experiment(self) -> str:
        """Return the id of the experiment named Default; it is made when missing."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT experiment_id FROM experiments WHERE display_name=?", (DEFAULT_EXPERIMENT,)
            ).fetchone()
            if row is not None:
                return str(row[0])
            made = ExperimentRow(str(uuid.uuid4()), DEFAULT_EXPERIMENT, "Runs without an experiment", now())
            insert(connection, "experiments", made)
            return made.experiment_id

    def add_experiment(self, name: str, description: str) -> ExperimentRow:
        """Add an experiment.

        Raises:
            NameTaken: there is one of this name.
        """
        made = ExperimentRow(str(uuid.uuid4()), name, description, now())
        try:
            with self._database.transaction() as connection:
                insert(connection, "experiments", made)
        except sqlite3.IntegrityError:
            raise NameTaken(f"there is already an experiment named {name!r}.") from None
        return made

    def set_experiment_storage(self, experiment_id: str, storage_state: str) -> None:
        """Archive an experiment or restore it."""
        self.experiment(experiment_id)
        with self._database.transaction() as connection:
            update(
                connection,
                "experiments",
                {"experiment_id": experiment_id},
                {"storage_state": storage_state},
            )

    def add_pipeline(self, name: str, description: str, text: str | None) -> PipelineRow:
        """Add a pipeline, and its first version of the same name when ``text`` is given.

        Raises:
            NameTaken: there is one of this name.
        """
        pipeline = PipelineRow(str(uuid.uuid4()), name, description, now())
        try:
            with self._database.transaction(durable=True) as connection:
                insert(connection, "pipelines", pipeline)
                if text is not None:
                    insert(connection, "versions", _version(connection, pipeline, name, description, text))
        except sqlite3.IntegrityError:
            raise NameTaken(f"there is already a pipeline named {name!r}.") from None
        return pipeline

    def add_version(self, pipeline_id: str, name: str, description: str, text: str) -> VersionRow:
        """Add a version to a pipeline.

        Raises:
            NotFound: no such pipeline.
            NameTaken: it has a version of this name.
        """
        pipeline = self.pipeline(pipeline_id)
        try:
            with self._database.transaction() as connection:
                version = _version(connection, pipeline, name, description, text)
                insert(connection, "versions", version)
        except sqlite3.IntegrityError:
            raise NameTaken(
                f"the pipeline {pipeline.display_name!r} already has a version {name!r}."
            ) from None
        return version

    def pipeline(self, pipeline_id: str) -> PipelineRow:
        """Return the pipeline with this id, or raise NotFound."""
        return self._one(PipelineRow, "pipelines", "pipeline_id", pipeline_id)

    def pipeline_named(self, name: str) -> PipelineRow:
        """Return the pipeline with this name, or raise NotFound."""
        return self._one(PipelineRow, "pipelines", "display_name", name)

    def version(self, pipeline_id: str, version_id: str) -> VersionRow:
        """Return the version with this id, or raise NotFound; ``pipeline_id`` "" matches any."""
        found = self._one(VersionRow, "versions", "version_id", version_id)
        if pipeline_id not in ("", found.pipeline_id):
            raise NotFound(f"the pipeline {pipeline_id} has no version {version_id}.")
        return found

    def latest_version(self, pipeline_id: str) -> VersionRow:
        """Return the version of a pipeline that was uploaded last, or raise NotFound."""
        self.pipeline(pipeline_id)
        found = self._database.connection().execute(
            f"SELECT {columns(VersionRow)} FROM versions WHERE pipeline_id=? ORDER BY seq DESC LIMIT 1",  # noqa: S608
            (pipeline_id,),
        )
        row = found.fetchone()
        if row is None:
            raise NotFound(f"the pipeline {pipeline_id} has no version.")
        return decode(VersionRow, row)

    def experiment(self, experiment_id: str) -> ExperimentRow:
        """Return the experiment with this id, or raise NotFound."""
        return self._one(ExperimentRow, "experiments", "experiment_id", experiment_id)

    def package_text(self, package: str) -> str:
        """Return the compiled text with this hash, or raise NotFound."""
        found = self._database.connection().execute("SELECT text FROM packages WHERE package=?", (package,))
        row = found.fetchone()
        if row is None:
            raise NotFound(f"there is no package {package}.")
        return str(row[0])

    def pipelines(self, listing: Listing) -> tuple[list[PipelineRow], str, int]:
        """Return a page of pipelines, the next page's token and how many there are in all."""
        return select_page(self._database, PipelineRow, "pipelines", listing)

    def versions(self, pipeline_id: str, listing: Listing) -> tuple[list[VersionRow], str, int]:
        """Return a page of a pipeline's versions, as `pipelines` does; NotFound without the pipeline."""
        self.pipeline(pipeline_id)
        only = Condition("pipeline_id = ?", (pipeline_id,))
        return select_page(self._database, VersionRow, "versions", listing, only)

    def experiments(self, listing: Listing) -> tuple[list[ExperimentRow], str, int]:
        """Return a page of experiments, as `pipelines` does."""
        return select_page(self._database, ExperimentRow, "experiments", listing)

    def delete_pipeline(self, pipeline_id: str) -> None:
        """Remove a pipeline and its versions; runs made from them stay."""
        self.pipeline(pipeline_id)
        self._delete("pipelines", "pipeline_id", pipeline_id)

    def delete_version(self, pipeline_id: str, version_id: str) -> None:
        """Remove a version; runs made from it stay."""
        self.version(pipeline_id, version_id)
        self._delete("versions", "version_id", version_id)

    def delete_experiment(self, experiment_id: str) -> None:
        """Remove an experiment; its runs stay."""
        self.experiment(experiment_id)
        self._delete("experiments", "experiment_id", experiment_id)

    def _delete(self, table: str, key: str, value: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(f"DELETE FROM {table} WHERE {key}=?", (value,))  # noqa: S608
            connection.execute(
                "DELETE FROM packages WHERE package NOT IN (SELECT package FROM versions)"
                " AND package NOT IN (SELECT package FROM runs)"
            )

    def _one(self, kind: type[Kind], table: str, key: str, value: str) -> Kind:
        found = self._database.connection().execute(
            f"SELECT {columns(kind)} FROM {table} WHERE {key}=?",  # noqa: S608
            (value,),
        )
        row = found.fetchone()
        if row is None:
            raise NotFound(f"there is no {table[:-1]} {value!r}.")
        return decode(kind, row)


def keep_package(connection: sqlite3.Connection, text: str) -> str:
    """Store a compiled text once and return its hash."""
    package = hashlib.sha256(text.encode()).hexdigest()
    connection.execute("INSERT OR IGNORE INTO packages VALUES (?, ?)", (package, text))
    return package


def select_page(
    database: Database, kind: type[Kind], table: str, listing: Listing, *extra: Condition
) -> tuple[list[Kind], str, int]:
    """Return one page of records, the next page's token ("" on the last) and how many match in all."""
    connection = database.connection()
    page, total = listing.where(extra), listing.where(extra, page=False)
    rows = connection.execute(
        f"SELECT seq, {columns(kind)} FROM {table} WHERE {page.sql}"  # noqa: S608  our own words and marks
        f" ORDER BY {listing.order()} LIMIT ?",
        (*page.values, listing.size + 1),
    ).fetchall()
    count = connection.execute(f"SELECT count(*) FROM {table} WHERE {total.sql}", total.values)  # noqa: S608
    token = ""
    if len(rows) > listing.size:
        rows = rows[: listing.size]
        token = listing.token_after(rows[-1][listing.column], rows[-1]["seq"])
    return [decode(kind, row) for row in rows], token, int(count.fetchone()[0])


def _version(
    connection: sqlite3.Connection, pipeline: PipelineRow, name: str, description: str, text: str
) -> VersionRow:
    made = VersionRow(str(uuid.uuid4()), pipeline.pipeline_id, name, description, pipeline.created_at, "")
    return replace(made, created_at=now(), package=keep_package(connection, text))
