"""Declared outputs that no code writes, and files that it writes and nobody declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook

OUTPUTS = {
    "nowhere": ("x = 1", "mask.nii.gz", True),
    "named": ("save(x, 'mask.nii.gz')", "mask.nii.gz", False),
    "in a directory": ("save(x, 'out/mask.nii.gz')", "out/mask.nii.gz", False),
    "by its stem": ("!bet in mask", "mask.nii.gz", False),
    "with what a tool adds": ("!bet in T1 -m", "T1_mask.nii.gz", False),
    "put together": ("open(f'{subject}_mask.txt', 'w')", "sub-01_mask.txt", False),
    "wholly unknown": ("open(name, 'w')", "mask.txt", False),
    "unpacked": ("!tar xf archive.tar", "mask.txt", False),
    "wildcard": ("fig.savefig('a.png')", "*.png", False),
    "wildcard of nothing": ("fig.savefig('a.png')", "*.csv", True),
    "of another script": ("!bash run_all.sh", "mask.txt", False),
    "by a workflow": ("import nipype", "mask.txt", False),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_that_no_code_names_is_reported(name: str, tmp_path: Path, nothing: ModuleIndex) -> None:
    code, output, told = OUTPUTS[name]
    report = check(tmp_path, nothing, notebook(code), outputs=(output,))
    assert [text for text in briefs(report) if "502" not in text] == (["501 warning "] if told else [])


def test_an_output_that_exists_already_needs_no_writing(tmp_path: Path, nothing: ModuleIndex) -> None:
    more = {"mask.txt": "1"}
    assert briefs(check(tmp_path, nothing, notebook("1"), outputs=("mask.txt",), more=more)) == []
    assert briefs(check(tmp_path, nothing, notebook("1"), outputs=("m.txt",), inherited=("m.txt",))) == []


WRITTEN = {
    "to_csv": ("table.to_csv('result.csv')", "result.csv"),
    "to_csv by keyword": ("table.to_csv(path_or_buf='result.csv', sep=';')", "result.csv"),
    "open": ("with open('result.csv', 'w') as f: f.write('x')", "result.csv"),
    "open to append": ("open('result.csv', mode='a')", "result.csv"),
    "codecs": ("import codecs\ncodecs.open('result.csv', 'w')", "result.csv"),
    "gzip": ("import gzip\ngzip.open('result.csv.gz', 'wb')", "result.csv.gz"),
    "h5py": ("import h5py\nh5py.File('result.h5', 'w')", "result.h5"),
    "pathlib": ("from pathlib import Path\n(Path('out') / 'result.csv').write_text('x')", "out/result.csv"),
    "pathlib's open": ("from pathlib import Path\nPath('out', 'result.csv').open('w')", "out/result.csv"),
    "os.path.join": ("import os\ntable.to_csv(os.path.join('out', 'result.csv'))", "out/result.csv"),
    "through a name": ("name = 'result.csv'\ntable.to_csv(name)", "result.csv"),
    "partly known": ("table.to_csv(f'{subject}_result.csv')", "…_result.csv"),
    "savefig": ("plt.savefig('plot.pdf')", "plot.pdf"),
    "savefig without ending": ("plt.savefig('plot')", "plot.png"),
    "np.save": ("import numpy as np\nnp.save('matrix', x)", "matrix.npy"),
    "np.save with an ending": ("import numpy as np\nnp.save('ab.c.npy', x)", "ab.c.npy"),
    "np.savez": ("from numpy import savez\nsavez('matrices', x)", "matrices.npz"),
    "nib.save": ("import nibabel as nib\nnib.save(image, 'mask.nii.gz')", "mask.nii.gz"),
    "nilearn's plots": ("plotting.plot_stat_map(image, output_file='map.png')", "map.png"),
    "torch": ("import torch\ntorch.save(model.state_dict(), 'model.pt')", "model.pt"),
    "ImageIO": ("imageio.imwrite('frame.tif', x)", "frame.tif"),
    "shell": ("!grep -c x in.txt > counts.tsv", "counts.tsv"),
    "%%bash": ("%%bash\necho a,b > result.csv\necho 1,2 >> result.csv", "result.csv"),
    "-o": ("!antsthing -i in.nii.gz -o warped.nii.gz", "warped.nii.gz"),
    "--output=": ("!antsthing --output=warped.nii.gz", "warped.nii.gz"),
    "copied": ("import shutil\nshutil.copy('in.csv', 'result.csv')", "result.csv"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_that_no_output_matches_is_a_note(name: str, tmp_path: Path, nothing: ModuleIndex) -> None:
    code, path = WRITTEN[name]
    (found,) = [one for one in check(tmp_path, nothing, notebook(code)).findings if one.code[-3:] == "502"]
    assert (found.severity, found.message) == (
        "note",
        f"'{path}' is written, but no output of the node matches it",
    )
    assert "Output Files" in found.hint


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_that_an_output_matches_is_none(name: str, tmp_path: Path, nothing: ModuleIndex) -> None:
    code, path = WRITTEN[name]
    for output in (
        path.replace("…", "sub-01"),
        f"**/*.{path.rpartition('.')[2]}",
        "out/**" if "/" in path else "*",
    ):
        assert "502" not in " ".join(briefs(check(tmp_path, nothing, notebook(code), outputs=(output,)))), (
            output
        )


R_WRITTEN = {
    "write.csv": ('write.csv(table, "result.csv", row.names = FALSE)', "result.csv"),
    "file =": ('write.table(table, sep = ",", file = "result.tsv")', "result.tsv"),
    "ggsave": ('ggsave("plot.png", width = 4, units = "cm")', "plot.png"),
    "ggsave with a plot": ('ggsave(filename = "plot.pdf", plot = p)', "plot.pdf"),
    "put together": ('write.csv(t, file.path("out", paste0("gm_", s, ".csv")))', "out/gm_….csv"),
    "saveRDS": ('saveRDS(model, file = "model.rds")', "model.rds"),
    "a device": ('png("plot.png", type = "cairo")\nplot(x)\ndev.off()', "plot.png"),
}


@pytest.mark.parametrize("name", R_WRITTEN)
def test_files_that_r_writes_are_found(name: str, tmp_path: Path, nothing: ModuleIndex) -> None:
    code, path = R_WRITTEN[name]
    report = check(tmp_path, nothing, code, file="a.R")
    assert [one.message.split("'")[1] for one in report.findings] == [path]


QUIET = {
    "read again": "table.to_csv('step.csv')\npd.read_csv('step.csv')",
    "given to a tool": "table.to_csv('onsets.txt')\n!flameo onsets.txt",
    "removed": "import os\nopen('x.txt', 'w')\nos.remove('x.txt')",
    "used in the same line": "!make_list > list.txt && wc -l list.txt",
    "perhaps used": "subject = next(names)\n!cp a.nii t1-02.nii\n!bet t1-{subject}.nii brain",
    "removed by the shell": "!echo 1 > x.txt\n!rm x.txt",
    "shown": "plt.savefig('plot.png')\nImage('plot.png')",
    "code": "%%writefile helper.py\nx = 1",
    "a log": "!tool > tool.log",
    "temporary": "open('/tmp/x.csv', 'w')\nopen('tmp/y.csv', 'w')\nopen('tmp_z.csv', 'w')",
    "elsewhere": "open('/data/x.csv', 'w')\nopen('../x.csv', 'w')",
    "an unknown directory": "table.to_csv(f'{folder}/result.csv')",
    "an unknown name": "table.to_csv(name + '.csv')",
    "no file": "table.to_csv()\nmodel.save('a model without an ending')",
    "an address": "data.save('https://example.org/x.csv')",
}


@pytest.mark.parametrize("name", QUIET)
def test_what_is_no_result_is_no_finding(name: str, tmp_path: Path, nothing: ModuleIndex) -> None:
    found = briefs(
        check(
            tmp_path,
            nothing,
            notebook(*QUIET[name].split("\n")) if "%%" not in QUIET[name] else notebook(QUIET[name]),
        )
    )
    assert [text for text in found if text.startswith("50")] == []


def test_after_a_change_of_directory_only_the_files_name_counts(tmp_path: Path, nothing: ModuleIndex) -> None:
    moved = notebook("import os\nos.chdir('out')", "open('result.csv', 'w')")
    assert briefs(check(tmp_path, nothing, moved, outputs=("out/result.csv",))) == []
    (found,) = check(tmp_path, nothing, moved).findings
    assert found.message.startswith("'…result.csv' is written")
    inner = notebook("!cd out && echo 1 > result.csv", "open('other.csv', 'w')")
    assert briefs(check(tmp_path, nothing, inner, outputs=("out/result.csv", "other.csv"))) == []


def test_a_long_list_is_cut(tmp_path: Path, nothing: ModuleIndex) -> None:
    code = "\n".join(f"open('x{number}.csv', 'w')" for number in range(15))
    found = check(tmp_path, nothing, notebook(code)).findings
    assert len(found) == 11
    assert found[-1].message == "5 more files are written that no output of the node matches"


NEAR = {
    "plural": ("table.to_csv('result.csv')", "results.csv", "result.csv"),
    "case": ("table.to_csv('Result.csv')", "result.csv", "Result.csv"),
    "hyphen": ("table.to_csv('group-result.csv')", "group_result.csv", "group-result.csv"),
    "ending": ("table.to_csv('result.csv')", "result.tsv", "result.csv"),
    "compressed": ("import nibabel as nib\nnib.save(i, 'mask.nii')", "mask.nii.gz", "mask.nii"),
    "directory": ("table.to_csv('out/result.csv')", "result.csv", "out/result.csv"),
    "directory of a wildcard": ("table.to_csv('out/result.csv')", "*.csv", "out/result.csv"),
    "typing error": ("table.to_csv('particpants.tsv')", "participants.tsv", "particpants.tsv"),
    "through a name": ("out = 'result.csv'\ntable.to_csv(out)", "results.csv", "result.csv"),
}


@pytest.mark.parametrize("name", NEAR)
def test_an_output_whose_near_miss_is_written_names_both(
    name: str, tmp_path: Path, nothing: ModuleIndex
) -> None:
    code, output, path = NEAR[name]
    (found,) = check(tmp_path, nothing, notebook(code), outputs=(output,)).findings
    assert (found.code, found.severity) == ("ND-CHECK-503", "warning")
    assert found.message == f"output '{output}' is declared, but the code writes '{path}'"


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("table.to_csv('sub-02.csv')", "sub-01.csv"),  # of another subject
        ("table.to_csv('result.csv')\n!make_results results", "results.csv"),  # a tool writes it
        ("table.to_csv('result.csv')\ntable.to_csv(name)", "results.csv"),  # the name is not known
        ("table.to_csv('covariates.csv')", "result.csv"),  # nothing alike
    ],
)
def test_names_that_are_not_meant_to_be_the_same_are_no_near_miss(
    code: str, output: str, tmp_path: Path, nothing: ModuleIndex
) -> None:
    found = briefs(check(tmp_path, nothing, notebook(code), outputs=(output,)))
    assert "503" not in " ".join(found)
