from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from elyra_neurodesk.modules import applist, cache
from elyra_neurodesk.modules.applist import app_list, entries_of
from elyra_neurodesk.modules.model import ModuleEntry
from tests.support.apps_server import CONTENT, AppsServer, Handler, running_apps_server

FSL = ModuleEntry(
    "fsl", "6.0.3", "fsl_6.0.3_20200905", "20200905", ("functional_imaging", "structural_imaging")
)


@pytest.fixture
def server() -> Iterator[AppsServer]:
    with running_apps_server() as made:
        yield made


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(tmp_path / "cache")}


def grow_old(environment: dict[str, str], **age: float) -> None:
    """Make every kept list older."""
    for path in cache.directory(environment).glob("apps-*.json"):
        kept = cache.load(path)
        assert kept is not None
        for name in ("read", "tried"):
            kept[name] = (datetime.fromisoformat(kept[name]) - timedelta(**age)).isoformat()
        cache.save(path, kept)


def test_a_file_is_read_and_its_age_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "apps.json"
    path.write_text(json.dumps(CONTENT))
    found = app_list(str(path), {})
    assert (found.entries, found.place, found.problem) == ((FSL,), str(path), "")
    assert found.read is not None
    assert datetime.now(timezone.utc) - found.read < timedelta(minutes=1)
    assert app_list(f"file://{path}", {}).entries == (FSL,)


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "cannot be read"), ("{", "is not JSON"), ("[]", "lists no tools"), ("{}", "lists no tools")],
)
def test_a_file_that_is_not_a_list_is_a_problem_and_not_an_error(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    path = tmp_path / "apps.json"
    if content is not None:
        path.write_text(content)
    found = app_list(str(path), {})
    assert found.entries == ()
    assert problem in found.problem


def test_a_url_is_asked_once_and_then_answered_from_the_cache(
    server: AppsServer, environment: dict[str, str]
) -> None:
    assert [app_list(server.url, environment).entries for _ in range(3)] == [(FSL,)] * 3
    assert server.answers == [200]


def test_after_a_day_or_on_request_a_url_is_asked_whether_the_list_changed(
    server: AppsServer, environment: dict[str, str]
) -> None:
    app_list(server.url, environment)
    grow_old(environment, days=2)
    found = app_list(server.url, environment)
    assert found.read is not None
    assert datetime.now(timezone.utc) - found.read < timedelta(hours=1)
    app_list(server.url, environment, refresh=True)
    assert server.answers == [200, 304, 304]


def test_a_url_that_fails_leaves_the_old_list_and_is_left_alone_for_a_while(
    server: AppsServer, environment: dict[str, str]
) -> None:
    app_list(server.url, environment)
    grow_old(environment, days=3)
    server.status = 503
    for _ in range(2):
        found = app_list(server.url, environment)
        assert found.entries == (FSL,)
        assert found.problem == "a newer one could not be fetched: HTTP status 503"
        assert found.read is not None
        assert datetime.now(timezone.utc) - found.read > timedelta(days=2)
    assert server.answers == [200, 503]
    grow_old(environment, minutes=11)
    server.status = 200
    assert app_list(server.url, environment).problem == ""


def test_an_answer_that_is_not_a_list_does_not_replace_the_old_one(
    server: AppsServer, environment: dict[str, str]
) -> None:
    app_list(server.url, environment)
    grow_old(environment, days=3)
    server.body = b"<html>sign in</html>"
    kept = next(cache.directory(environment).glob("apps-*.json"))
    content = cache.load(kept)
    assert content is not None
    cache.save(kept, {**content, "etag": ""})
    found = app_list(server.url, environment)
    assert (found.entries, found.problem) == (
        (FSL,),
        "a newer one could not be fetched: its answer is not JSON",
    )


def test_a_server_that_is_not_there_or_hangs_is_given_up(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, server: AppsServer
) -> None:
    monkeypatch.setattr(applist, "READ_TIMEOUT", 0.2)
    monkeypatch.setattr(Handler, "do_GET", lambda _: threading.Event().wait(1))
    assert app_list(server.url, environment).problem.endswith("it did not answer in time")
    server.server_close()
    assert app_list(server.url + "?2", environment).problem.endswith("it did not answer")


def test_a_name_server_that_hangs_is_given_up(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(applist, "TOTAL_TIMEOUT", 0.1)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: release.wait(30))
    found = app_list("http://hanging.example/apps.json", environment)
    release.set()
    assert found.problem == "http://hanging.example/apps.json could not be fetched: it did not answer in time"


def test_the_public_list_is_fetched_only_on_request(
    server: AppsServer, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applist, "DEFAULT_URL", server.url)
    assert app_list(None, environment).entries == ()
    assert server.answers == []
    assert app_list(None, environment, refresh=True).entries == (FSL,)
    grow_old(environment, days=30)
    found = app_list(None, environment)
    assert (found.entries, server.answers) == ((FSL,), [200])


def test_no_password_of_a_url_is_shown(server: AppsServer, environment: dict[str, str]) -> None:
    url = server.url.replace("http://", "http://me:secret@") + "?token=secret"
    server.status = 500
    found = app_list(url, environment)
    assert "secret" not in f"{found.place} {found.problem}"


def test_a_cache_that_cannot_be_written_or_read_is_done_without(server: AppsServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "file")}
    assert app_list(server.url, environment).entries == (FSL,)


def test_only_what_has_the_shape_of_an_app_is_an_entry() -> None:
    content = {
        "a": {"apps": {"a 1": {"version": "20250101", "exec": ""}}, "categories": "x"},
        "b": {"apps": {"b": {"exec": ""}, "b 2": {"exec": ""}, "b 3": None, "b/c 4": {"exec": ""}}},
        "c": {"apps": []},
        "d": None,
    }
    assert entries_of(content) == (ModuleEntry("a", "1", "a_1_20250101", "20250101"), ModuleEntry("b", "2"))
    assert entries_of(["no"]) == ()
