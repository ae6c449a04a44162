"""The few calls about runs that the command line makes, with their errors in one line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from json import dumps
from typing import Any

import kfp_server_api

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.kfp_api.connection import REQUEST_TIMEOUT, Connection, translate_errors
from elyra_neurodesk.kfp_api.errors import NotAKfpApi, RequestRejected
from elyra_neurodesk.kfp_api.pipeline_spec import pipeline_spec_of

LATEST = "latest"
_PAGE = 100
_FULL_ID = 36  # a UUID with its dashes
_MAX_NAMED = 3  # runs that the message names when an id is not unique


class NoSuchRun(NeurodeskError):
    """No run has this id, or an id that starts like this."""

    code = "ND-RUNS-001"
    hint = "`elyra-neurodesk runs list` shows the runs there are."


class AmbiguousRun(NeurodeskError):
    """Several runs have ids that start like this."""

    code = "ND-RUNS-002"
    hint = "Give more characters of the id."


class RunHasEnded(NeurodeskError):
    """A run that has ended cannot be cancelled."""

    code = "ND-RUNS-003"
    hint = ""


class RunGoesOn(NeurodeskError):
    """A run that has not ended cannot be retried or deleted."""

    code = "ND-RUNS-008"
    hint = "Cancel it first, or wait for its end: `elyra-neurodesk runs cancel RUN`."


class NothingToRetry(NeurodeskError):
    """All tasks of the run have succeeded."""

    code = "ND-RUNS-009"
    hint = "Submit the pipeline again for a new run."


def list_runs(connection: Connection, limit: int) -> list[Any]:
    """Return the ``limit`` newest runs (``kfp_server_api.V2beta1Run``), newest first."""
    return list(islice(_all_runs(connection, min(limit, _PAGE)), limit))


def find_run(connection: Connection, wanted: str) -> Any:
    """Return the run that a user means.

    Args:
        connection: where to look.
        wanted: an id, the beginning of one that no other run shares, or ``latest``.

    Raises:
        NoSuchRun: there is none.
        AmbiguousRun: there are several.
        ApiError: the API cannot be asked.
    """
    if wanted == LATEST:
        newest = list_runs(connection, 1)
        if not newest:
            raise NoSuchRun(f"there are no runs yet at {connection.endpoint}.", "Submit one first.")
        return get_run(connection, newest[0].run_id)
    if len(wanted) >= _FULL_ID:
        return get_run(connection, wanted)
    same = list(islice(_ids_with(connection, wanted), _MAX_NAMED + 1)) if wanted else []
    if not same:
        raise NoSuchRun(f"no run at {connection.endpoint} has an id that starts with '{wanted}'.")
    if len(same) > 1:
        some = ", ".join(same[:_MAX_NAMED]) + (", …" if len(same) > _MAX_NAMED else "")
        raise AmbiguousRun(f"several runs have ids that start with '{wanted}': {some}.")
    return get_run(connection, same[0])


def _ids_with(connection: Connection, start: str) -> Iterator[str]:
    """Yield the ids that start so, newest first; the API picks those that contain it, where it can."""
    predicate = {"key": "run_id", "operation": "IS_SUBSTRING", "string_value": start}
    try:
        for run in _all_runs(connection, _PAGE, filter=dumps({"predicates": [predicate]})):
            if run.run_id.startswith(start):
                yield run.run_id
    except RequestRejected:  # an API that cannot filter by ids: all pages are read
        for run in _all_runs(connection, _PAGE):
            if run.run_id.startswith(start):
                yield run.run_id


def runs_until(connection: Connection, moment: datetime) -> Iterator[Any]:
    """Yield the runs that ended before ``moment``, the one that was created first to begin with.

    The list ends where runs were created later: what is newer is not read.
    """
    for run in _all_runs(connection, _PAGE, sort_by="created_at asc"):
        if run.created_at is not None and _utc(run.created_at) >= moment:
            return
        if has_ended(run) and _utc(run.finished_at) < moment:
            yield run


def has_ended(run: Any) -> bool:
    """Return whether the API has an end of this run; KFP writes 1970 for none."""
    return run.finished_at is not None and run.finished_at.year > 1970


def get_run(connection: Connection, run_id: str) -> Any:
    """Return one run with its task details.

    Raises:
        NoSuchRun: there is none with this id.
        ApiError: the API cannot be asked.
    """
    with translate_errors(connection.endpoint):
        try:
            run = _run_api(connection).run_service_get_run(run_id, _request_timeout=REQUEST_TIMEOUT)
        except kfp_server_api.ApiException as problem:
            if problem.status == 404:
                raise NoSuchRun(f"there is no run '{run_id}' at {connection.endpoint}.") from problem
            raise
    if not run.run_id:  # kfp reads any text as an empty run: the page of a login that has expired, say
        raise NotAKfpApi(
            f"the API at {connection.endpoint} answered without a run when asked for '{run_id}'."
        )
    return run


def get_pipeline_spec(connection: Connection, run: Any) -> dict[str, Any]:
    """Return the pipeline spec that ``run`` was made from, {} when the API no longer has it.

    A run made from an uploaded pipeline refers to its version; others carry their spec.
    """
    if run.pipeline_spec:
        return pipeline_spec_of(run.pipeline_spec)
    reference = run.pipeline_version_reference
    if reference is None or not reference.pipeline_id:
        return {}
    api = kfp_server_api.PipelineServiceApi(connection.api_client)
    with translate_errors(connection.endpoint):
        try:
            version = api.pipeline_service_get_pipeline_version(
                reference.pipeline_id, reference.pipeline_version_id, _request_timeout=REQUEST_TIMEOUT
            )
        except kfp_server_api.ApiException as problem:
            if problem.status == 404:  # the pipeline was deleted; its runs stay
                return {}
            raise
    return pipeline_spec_of(version.pipeline_spec or {})


def cancel_run(connection: Connection, run: Any) -> None:
    """Ask the API to end a run that is going on.

    Raises:
        RunHasEnded: there is nothing to cancel.
        ApiError: the API refused.
    """
    if has_ended(run):
        raise RunHasEnded(f"run {run.run_id} has ended already ({run.state}).")
    _change(connection, run, "run_service_terminate_run")


def retry_run(connection: Connection, run: Any) -> None:
    """Ask the API to run again what did not succeed in a run that has ended; other tasks keep their outputs.

    Raises:
        RunGoesOn: it has not ended.
        NothingToRetry: it succeeded.
        ApiError: the API refused.
    """
    check_ended(run, "retried")
    if run.state == "SUCCEEDED":
        raise NothingToRetry(f"run {run.run_id} has succeeded: there is nothing to run again.")
    _change(connection, run, "run_service_retry_run")


def delete_run(connection: Connection, run: Any) -> None:
    """Ask the API to forget a run that has ended; what it left in the object store stays there.

    Raises:
        RunGoesOn: it has not ended.
        ApiError: the API refused.
    """
    check_ended(run, "deleted")
    _change(connection, run, "run_service_delete_run")


def check_ended(run: Any, what: str) -> None:
    """Raise `RunGoesOn` for a run that has not ended and so cannot be ``what`` (``deleted``)."""
    if not has_ended(run):
        raise RunGoesOn(f"run {run.run_id} has not ended ({run.state}) and cannot be {what}.")


def _change(connection: Connection, run: Any, method: str) -> None:
    """Call a method of KFP's run service that takes a run's id and answers nothing."""
    with translate_errors(connection.endpoint):
        try:
            getattr(_run_api(connection), method)(run.run_id, _request_timeout=REQUEST_TIMEOUT)
        except kfp_server_api.ApiException as problem:
            if problem.status == 404:
                raise NoSuchRun(f"there is no run '{run.run_id}' at {connection.endpoint}.") from problem
            raise


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _run_api(connection: Connection) -> Any:
    return kfp_server_api.RunServiceApi(connection.api_client)


def _all_runs(
    connection: Connection, page: int, sort_by: str = "created_at desc", filter: str = ""
) -> Iterator[Any]:
    """Yield every run, by default newest first, asking for the next page only when it is needed.

    Args:
        connection: where to look.
        page: runs to ask for at once.
        sort_by: as in KFP's API.
        filter: a filter in JSON (backend/api/v2beta1/filter.proto); "" for none.
    """
    token = ""
    while True:
        wanted = {"page_size": page, "page_token": token, "sort_by": sort_by}
        if filter:
            wanted["filter"] = filter
        if connection.config.namespace:
            wanted["namespace"] = connection.config.namespace
        with translate_errors(connection.endpoint):
            answer = _run_api(connection).run_service_list_runs(**wanted, _request_timeout=REQUEST_TIMEOUT)
        yield from answer.runs or []
        token = answer.next_page_token or ""
        if not token:
            return
