"""What the probe's script sees on this machine; tests/cluster runs it in a pod."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from elyra_neurodesk.cluster.doctor.probe import script
from elyra_neurodesk.cluster.doctor.probe.script import (
    ask_at_once,
    failure,
    look_at_mount,
    look_at_scratch,
    look_at_store,
    signed_headers,
)
from tests.support.neurodesk_tree import Tool, make_tree


def test_a_repository_is_read_and_its_modules_are_counted(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, [Tool("fsl", "6.0.7.16", "20240807"), Tool("ants", "2.5.4", "20241023")])
    seen = look_at_mount(str(tree), 0)
    assert (seen["modules"], seen["entries"], seen.get("error")) == (2, 2, None)


def test_a_loop_of_links_is_named_by_its_errno_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "neurodesk-modules").symlink_to("neurodesk-modules")
    begin = time.monotonic()
    assert look_at_mount(str(tmp_path), 30)["error"] == "ELOOP"
    assert time.monotonic() - begin < 5


def test_an_empty_directory_is_waited_for_and_then_said(tmp_path: Path) -> None:
    seen = look_at_mount(str(tmp_path), 0)
    assert (seen["error"], seen["entries"]) == ("ENOENT", 0)


def test_scratch_is_written_and_nothing_stays(tmp_path: Path) -> None:
    seen = look_at_scratch(str(tmp_path))
    assert seen["error"] == ""
    assert seen["free"] > 0
    assert list(tmp_path.iterdir()) == []
    assert look_at_scratch(str(tmp_path / "not-there"))["error"] == "ENOENT"


def test_a_question_that_hangs_or_fails_keeps_no_other_from_being_answered() -> None:
    def fails() -> dict[str, object]:
        raise OSError(5, "Input/output error")

    answers = ask_at_once({"a": lambda: {"x": 1}, "b": fails, "c": lambda: time.sleep(9) or {}}, 0.2)
    assert answers["a"] == {"x": 1}
    assert answers["b"]["error"] == "EIO"
    assert answers["c"]["error"] == "TIMEOUT"


def test_an_exception_without_errno_is_named_by_its_type() -> None:
    assert failure(ValueError("no"))["error"] == "ValueError"


def test_a_store_without_keys_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    assert look_at_store("http://127.0.0.1:9", "bucket", "us-east-1")["error"] == "NO_KEYS"


def test_a_request_is_signed_as_in_amazons_example() -> None:
    # docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Bucket (List Objects)"
    keys = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    when = datetime(2013, 5, 24, tzinfo=timezone.utc)
    headers = signed_headers(
        "examplebucket.s3.amazonaws.com", "/", "max-keys=2&prefix=J", "us-east-1", keys, when
    )
    signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    assert headers["Authorization"].endswith(f"Signature={signature}")


def test_everything_is_said_in_one_message_that_the_kubelet_keeps_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "PATIENCE", 5.0)
    monkeypatch.setattr(script, "_is_known", lambda host: host == "127.0.0.1")  # no name server is asked
    message = tmp_path / "message"
    asked = {
        "root": str(tmp_path),
        "wait": 0,
        "scratch": str(tmp_path),
        "message": str(message),
        "endpoint": "http://127.0.0.1:9",
        "bucket": "bucket",
        "region": "us-east-1",
    }
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    assert script.main([json.dumps(asked)]) == 0
    content = json.loads(message.read_text("utf-8"))
    assert message.stat().st_size < script.MAX_MESSAGE
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == content
    assert content["process"]["uid"] == os.getuid()
    assert content["store"]["error"] == "ECONNREFUSED"
    assert {"cvmfs", "scratch", "dns", "store", "fuse", "user_namespace", "process", "time"} <= content.keys()
