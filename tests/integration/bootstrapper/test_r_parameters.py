"""Texts reach R notebooks and R scripts as they were typed, whatever the locale."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from tests.support.objectstore import ObjectStore
from tests.support.tasks import RUN_ID, make_notebook, start, submit

needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="no R here")
needs_kernel = pytest.mark.skipif(
    "ir" not in KernelSpecManager().find_kernel_specs(), reason="no R kernel (Debian: r-cran-irkernel)"
)
TEXTS = {
    "umlaut": "Jörg Müßig",
    "wide": "脑 мозг ü … \u00a0\u200b",
    "emoji": "🧠 e\u0301 👩\u200d🔬 1",
    "quotes": """it's "x" `y` \\" '' """,
    "backslashes": r"C:\new\user \u00fc \x41 \\ %s $HOME {{y}}",
    "lines": "one\ntwo\r\n\tthree\v\x01\x1b[0m\x7f ü\n",
    "hexlike": "üabc 🧠0123",
    "empty": "",
}
NESTED = {"clé 🧠": ["ü", 1.5, None, True, {"": "\\"}]}
LOCALES = [{"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C"}, {"LC_ALL": "", "LANG": "", "LC_CTYPE": ""}]
WRITE = (
    'writeLines(paste(lapply(list({names}), function(x) paste(utf8ToInt(x), collapse = " "))), "said.txt")'
)


def code_points(content: bytes) -> list[str]:
    """Return the texts whose code points stand in the lines of a file."""
    return ["".join(chr(int(word)) for word in line.split()) for line in content.decode().split("\n")[:-1]]


def run(
    store: ObjectStore, directory: str, place: Path, file: str, text: str, environment: dict[str, str]
) -> bytes:
    """Run the file with all parameters and return what it wrote."""
    types = {**dict.fromkeys(TEXTS, "String"), "nested": "Dict"}
    spec = submit(store, file, {file: text}, directory=directory, parameters=types, outputs=("said.txt",))
    given = [*(f"{name}={value}" for name, value in TEXTS.items()), f"nested={json.dumps(NESTED)}"]
    # a process of its own: a fork would have the locale of this one
    process = start(store, spec, place, given, environment)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return store.get(spec.run_key(RUN_ID, "one", "said.txt"))


@needs_kernel
@pytest.mark.parametrize(
    ("environment", "language"),
    [
        # the kernel takes 5 s to start
        pytest.param(LOCALES[0], "R", marks=pytest.mark.slow, id="UTF-8"),
        pytest.param(LOCALES[1], "R", id="C"),
        pytest.param(LOCALES[2], "r", marks=pytest.mark.slow, id="unset"),
    ],
)
def test_a_text_reaches_an_r_notebook_as_it_was_typed(
    shared_store: ObjectStore, directory: str, tmp_path: Path, environment: dict[str, str], language: str
) -> None:
    nested = 'nested[[1]][[1]], nested[[1]][[5]][[1]], names(nested), names(nested[[1]][[5]]), "ok"'
    checks = "stopifnot(nested[[1]][[2]] == 1.5, is.null(nested[[1]][[3]]), nested[[1]][[4]])"
    notebook = make_notebook(
        "\n".join(f'{name} <- "default"' for name in (*TEXTS, "nested")),
        f"{checks}\n{WRITE.format(names=', '.join(TEXTS) + ', ' + nested)}",
        kernel="ir",
        language=language,
        tags={0: "parameters"},
    )
    said = run(shared_store, directory, tmp_path / "w", "model.ipynb", notebook, environment)
    assert code_points(said) == [*TEXTS.values(), "ü", "\\", "clé 🧠", "", "ok"]


@needs_r
@pytest.mark.parametrize("environment", LOCALES, ids=["UTF-8", "C", "unset"])
def test_a_text_reaches_an_r_script_as_it_was_typed(
    shared_store: ObjectStore, directory: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    names = ", ".join(f'Sys.getenv("{name}")' for name in (*TEXTS, "nested"))
    said = run(shared_store, directory, tmp_path / "w", "s.R", WRITE.format(names=names), environment)
    *texts, nested = code_points(said)
    assert texts == list(TEXTS.values())
    assert json.loads(nested) == NESTED
