"""Whether a status was looked at is known from what happens to it, in programs that are really run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.guard.host import kernel_files
from elyra_neurodesk.bootstrapper.guard.host.calls import PythonCalls
from elyra_neurodesk.bootstrapper.guard.kernel import notes

IMPORTS = "import copy, json, os, pickle, subprocess\nfrom concurrent.futures import *\n"
LOOKED = (
    "assert subprocess.run(['cp', 'x', 'y']).returncode",
    "r = subprocess.run(['cp', 'x', 'y'])\nif r.returncode: pass",
    "try: subprocess.run(['cp', 'x', 'y'], check=True)\nexcept subprocess.CalledProcessError: pass",
    "try: subprocess.run(['cp', 'x', 'y']).check_returncode()\nexcept subprocess.CalledProcessError: pass",
    "try: subprocess.check_call(['cp', 'x', 'y'])\nexcept subprocess.CalledProcessError: pass",
    "print([subprocess.call(['cp', 'x', 'y'])])",
    "if os.system('cp x y'): pass",
    "print(os.system('cp x y'))",
    "os.waitstatus_to_exitcode(os.system('cp x y'))",
    "assert os.system('cp x y') >> 8 == 1",
    "json.dumps(str(os.system('cp x y')))",
    "p = subprocess.Popen(['cp', 'x', 'y']); p.communicate(); assert p.returncode",
    "p = subprocess.Popen(['cp', 'x', 'y'])\nif p.wait(): pass",
    "assert subprocess.getstatusoutput('cp x y')[0]",
    "p = subprocess.Popen(['sleep', '9']); p.terminate(); p.wait()",
    "with ThreadPoolExecutor() as pool:\n    assert any(pool.map(os.system, ['cp x y']))",
    "with ProcessPoolExecutor(1) as pool:\n    assert any(pool.map(os.system, ['cp x y']))",
    "pickle.loads(pickle.dumps(subprocess.run(['cp', 'x', 'y']))).returncode",
    "subprocess.run(['grep', 'x', '/dev/null'])",
    "os.system('mkdir -p a; mkdir a')",
)
UNREAD = (
    "subprocess.run(['cp', 'x', 'y'])",
    "r = subprocess.run(['cp', 'x', 'y'], stdout=subprocess.PIPE); print(r.stdout); del r",
    "os.system('cp x y')",
    "subprocess.call(['cp', 'x', 'y'])",
    "subprocess.getoutput('cp x y')",
    "p = subprocess.Popen(['cp', 'x', 'y']); p.communicate(); del p",
    "p = subprocess.Popen(['cp', 'x', 'y']); p.wait(); del p",
    "with ThreadPoolExecutor() as pool:\n    list(pool.map(lambda s: subprocess.run(s), [['cp', 'x', 'y']]))",
    "with ProcessPoolExecutor(1) as pool:\n    list(pool.map(subprocess.run, [['cp', 'x', 'y']]))",
    "subprocess.run('cp x y | cat; nosuch x', shell=True)",
)
EQUAL = """
r = subprocess.run(['false'], capture_output=True)
assert repr(r) == "CompletedProcess(args=['false'], returncode=1, stdout=b'', stderr=b'')"
assert vars(r) == {'args': ['false'], 'returncode': 1, 'stdout': b'', 'stderr': b''}
assert vars(pickle.loads(pickle.dumps(r))) == vars(copy.deepcopy(r)) == vars(r)
assert b'neurodesk' not in pickle.dumps(r)
r.returncode = 5
assert r.returncode == 5 and vars(r)['returncode'] == 5
try: del subprocess.CompletedProcess.__new__(subprocess.CompletedProcess).stderr
except AttributeError: pass
s = os.system('exit 3')
assert isinstance(s, int) and s == 768 and {768: 1}[s] and f'{s:>4}' == ' 768' and repr(s) == '768'
assert s + 1 == 769 and 1 + s == 769 and [s] == [768] and sum([s, s]) == 1536 and max(s, 1) == 768
assert type(pickle.loads(pickle.dumps(s))) is int and b'neurodesk' not in pickle.dumps(s)
assert json.dumps({'s': s}) == '{"s": 768}'
assert type(os.system('true')) is int and type(subprocess.call(['true'])) is int
assert os.system('kill -9 $$') == 9 and subprocess.call('kill -9 $$', shell=True) == -9
p = subprocess.Popen(['false']); assert p.returncode is None; p.wait(); assert p.poll() == p.returncode == 1
assert 'NEURODESK_GUARD_CALL' not in os.environ
given = {'X': '1', 'PATH': os.environ['PATH']}
assert subprocess.run(['sh', '-c', 'echo $X'], env=given, capture_output=True).stdout == b'1\\n'
assert pickle.loads(pickle.dumps(os.system)) is os.system
"""


def run(program: str, directory: Path) -> list[tuple[str, str]]:
    """Run a program under guard; returns codes and severities of what is found in its notes."""
    files = kernel_files.write_kernel_files(directory)
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment = {**clean, **kernel_files.environment(files, "error", clean, script=True)}
    (directory / "s.py").write_text(IMPORTS + program)
    done = subprocess.run(
        [sys.executable, "s.py"], env=environment, cwd=directory, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    calls = PythonCalls()
    calls.add((note for note in notes.read(environment[notes.NOTES])[0] if note.call), None)
    found = calls.judge_ended() + calls.judge_rest()
    return [(item["code"][-3:], item["severity"]) for _, item in found]


@pytest.mark.slow
@pytest.mark.parametrize("program", LOOKED)
def test_a_status_that_is_looked_at_is_no_finding(program: str, tmp_path: Path) -> None:
    assert run(program, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("program", UNREAD)
def test_a_status_that_nothing_looks_at_is_an_error(program: str, tmp_path: Path) -> None:
    assert run(program, tmp_path)[0] in (("006", "error"), ("005", "error"))


def test_results_are_those_of_python_without_the_guard(tmp_path: Path) -> None:
    run(EQUAL, tmp_path)


def test_a_few_of_each_kind_in_one_program(tmp_path: Path) -> None:
    assert run("\n".join(LOOKED[:12]), tmp_path) == []
    assert run("\n".join(UNREAD[:7]), tmp_path) == [("006", "error")] * 7


@pytest.mark.parametrize(
    "program",
    [
        "rc = os.system('cp x y')",
        "rc = os.system('cp x y')\nprint('%d' % rc)",
        "with ProcessPoolExecutor(1) as pool:\n    list(pool.map(os.system, ['cp x y']))",
        "r = subprocess.run(['cp', 'x', 'y'], capture_output=True); print(r.stderr); del r",
    ],
)
def test_what_compiled_code_or_a_reader_of_the_output_may_have_seen_is_a_warning(
    program: str, tmp_path: Path
) -> None:
    assert run(program, tmp_path) == [("006", "warning")]
