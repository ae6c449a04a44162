"""The few calls about runs that the command line makes, with their errors in one line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import kfp_server_api

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.kfp_api.connection import REQUEST_TIMEOUT, Connection, translate_errors
from elyra_neurodesk.kfp_api.errors import NotAKfpApi
from elyra_neurodesk.kfp_api.pipeline_spec import pipeline_spec_of

LATEST = "latest"
_PAGE = 100
_FULL_ID = 36  # a UUID with its dashes


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
    same = [run.run_id for run in _all_runs(connection, _PAGE) if wanted and run.run_id.startswith(wanted)]
    if not same:
        raise NoSuchRun(f"no run at {connection.endpoint} has an id that starts with '{wanted}'.")
    if len(same) > 1:
        some = ", ".join(same[:3]) + (", …" if len(same) > 3 else "")
        raise AmbiguousRun(f"{len(same)} runs have ids that start with '{wanted}': {some}.")
    return get_run(connection, same[0])


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
    if run.finished_at is not None and run.finished_at.year > 1970:
        raise RunHasEnded(f"run {run.run_id} has ended already ({run.state}).")
    with translate_errors(connection.endpoint):
        try:
            _run_api(connection).run_service_terminate_run(run.run_id, _request_timeout=REQUEST_TIMEOUT)
        except kfp_server_api.ApiException as problem:
            if problem.status == 404:
                raise NoSuchRun(f"there is no run '{run.run_id}' at {connection.endpoint}.") from problem
            raise


def _run_api(connection: Connection) -> Any:
    return kfp_server_api.RunServiceApi(connection.api_client)


def _all_runs(connection: Connection, page: int) -> Iterator[Any]:
    """Yield every run, newest first, asking for the next page only when it is needed."""
    token = ""
    while True:
        wanted = {"page_size": page, "page_token": token, "sort_by": "created_at desc"}
        if connection.config.namespace:
            wanted["namespace"] = connection.config.namespace
        with translate_errors(connection.endpoint):
            answer = _run_api(connection).run_service_list_runs(**wanted, _request_timeout=REQUEST_TIMEOUT)
        yield from answer.runs or []
        token = answer.next_page_token or ""
        if not token:
            return
