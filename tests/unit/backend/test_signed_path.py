import pytest

from elyra_neurodesk.backend import signed_path
from elyra_neurodesk.backend.access_token import SIGNATURE_SECONDS
from elyra_neurodesk.backend.signed_path import opens, signature

TOKEN = "a" * 40


def path(of: str, run: str = "run-1", task: str = "report", file: str = "figures/a b.png") -> str:
    return f"/pipeline/signed/{of}/{run}/{task}/{file}"


def test_a_signature_opens_the_files_of_its_task_and_no_others() -> None:
    signed = signature(TOKEN, "run-1", "report")
    assert opens(TOKEN, path(signed))
    assert opens(TOKEN, path(signed, file="index.html"))
    assert not opens(TOKEN, path(signed, run="run-2"))
    assert not opens(TOKEN, path(signed, task="other"))
    assert not opens("b" * 40, path(signed))
    assert not opens(TOKEN, path(signed, file=""))
    assert not opens(TOKEN, path(signed).replace("/pipeline/signed", "/pipeline/runs"))


def test_a_signature_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_700_000_000.0
    monkeypatch.setattr(signed_path.time, "time", lambda: now)
    signed = signature(TOKEN, "run-1", "report")
    now += SIGNATURE_SECONDS - 1
    assert opens(TOKEN, path(signed))
    now += 1
    assert not opens(TOKEN, path(signed))
    later = f"{int(now) + 60}-{signed.partition('-')[2]}"
    assert not opens(TOKEN, path(later))


@pytest.mark.parametrize("of", ["", "-", "x", "1", "1-", "9" * 400 + "-0", "٣-0", "-1-0", "../" * 3])
def test_what_is_no_signature_opens_nothing(of: str) -> None:
    assert not opens(TOKEN, path(of))
