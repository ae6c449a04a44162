"""What single shell commands do: load modules, start programs and other shells, use files, ask the user."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from elyra_neurodesk.check.events import (
    UNKNOWN,
    ChangeDirectory,
    DefineCommand,
    Event,
    FileUse,
    InstallPackage,
    Interact,
    LoadedVia,
    Location,
    RunCommand,
    RunFile,
    Scope,
    UseString,
    WriteUnknown,
)
from elyra_neurodesk.check.readers.context import Context
from elyra_neurodesk.check.readers.lmod import LMOD_VERBS, lmod_events
from elyra_neurodesk.check.words import word_set

SHELLS = ("bash", "sh", "zsh", "dash", "ksh")
# scripts that define `module` and `ml` in a shell that is neither a login shell nor an interactive one
_LMOD_INIT = re.compile(r"(^|/)(module\.sh|lmod\.sh|modules\.sh|z00_lmod\.sh|init/(ba|z|k)?sh)$")
# options of a shell that make it a login or an interactive shell
_LOGIN = re.compile(r"-[a-z]*[li][a-z]*|--login")
# commands that run the command after them, and their options that take a value
_WRAPPERS: dict[str, tuple[str, ...]] = {
    "sudo": ("-u", "-g", "-h", "-p"),
    "time": ("-o", "-f"),
    "nohup": (),
    "exec": ("-a",),
    "nice": ("-n",),
    "ionice": ("-c", "-n", "-p"),
    "command": (),
    "builtin": (),
    "env": ("-u", "-C", "-S"),
    "setsid": (),
    "stdbuf": ("-i", "-o", "-e"),
    "timeout": ("-k", "-s"),
    "xargs": ("-n", "-I", "-P", "-d", "-L", "-a", "-s", "-E"),
    "srun": ("-n", "-c", "-N", "-p", "-t", "-A", "-J"),
    "!": (),
}
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_CREATES = frozenset({"mkdir", "touch", "tee", "mktemp", "mkfifo"})
_COPIES = frozenset({"cp", "mv", "ln", "rsync", "install", "scp"})
_READS = word_set("ls cat cd head tail wc find du tree less more pushd grep")
# their arguments are not files, or those of another machine or container
_QUIET = word_set(
    "rm rmdir test [ [[ echo printf which type chmod chown export",
    "docker podman apptainer singularity ssh sbatch",
)
_OUTPUT_OPTION = re.compile(r"-(o|O|P|out|output|outdir)|--(out|dest|target|log)[a-z_-]*")
# programs that choose the names of the files they write
_CHOOSE_NAMES = word_set(
    "tar unzip gunzip gzip git datalad wget curl aws s3cmd rclone osf make snakemake nextflow papermill",
    "jupyter dcm2niix heudiconv bidscoiner bidsmapper recon-all fmriprep mriqc qsiprep docker apptainer",
    "singularity sbatch parallel rsync scp 7z bunzip2 xz zip cmake",
)
# package managers, and their subcommands that ask for confirmation
_CONDA, _APT = ("install", "create", "remove", "update"), ("install", "remove", "upgrade", "dist-upgrade")
_INSTALLERS: dict[str, tuple[str, ...]] = {
    "pip": ("uninstall",),
    "pip3": ("uninstall",),
    "uv": (),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _CONDA),
    **dict.fromkeys(("apt", "apt-get"), _APT),
}
_INSTALL = frozenset({"install", "create", "add"})
_CONFIRMED = {"-y", "--yes", "-q", "-qq", "-qy", "-yq", "--dry-run", "--assume-yes", "--help", "-h"}
_WINDOWS = word_set(
    "freeview itksnap mrview shview mricron mricrogl suma tkmedit tksurfer napari bet_gui fsl_gui"
)
# options of interpreters whose value is code
_CODE_OPTIONS = ("-c", "-e", "--eval", "-batch", "-r")


@dataclass
class ShellState:
    """A shell as far as it has been read.

    Attributes:
        scope: the process.
        context: numbers for new processes, and readers of other languages.
        kernel: what is loaded here stays: the shell is a notebook's kernel or the script itself.
        ready: ``module`` is defined.
        piped: standard input comes from a file or another command.
        guarded: a failure is expected.
        variables: known values.
        events: what has happened, in all shells that started from the first one.
    """

    scope: Scope
    context: Context
    kernel: bool = False
    ready: bool = False
    piped: bool = False
    guarded: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def child(self, *, ready: bool | None = None) -> ShellState:
        """Return the state of a shell that this one starts; its events go to the same list."""
        return ShellState(
            self.context.new_scope(self.scope),
            self.context,
            False,
            self.ready if ready is None else ready,
            self.piped,
            self.guarded,
            dict(self.variables),
            self.events,
        )


@dataclass(frozen=True)
class EmbeddedCode:
    """Code that a command carries in an argument.

    Attributes:
        language: ``bash``, ``python``, ``r`` or ``octave``.
        text: the code.
        shell: the process it runs in.
    """

    language: str
    text: str
    shell: ShellState


def is_login(option: str) -> bool:
    """Return whether a shell with this option reads the start-up files that define ``module``."""
    return _LOGIN.fullmatch(option) is not None


def interpret(words: Sequence[str], shell: ShellState, at: Location) -> EmbeddedCode | None:
    """Append what a command does to the shell's events, and return the code in its arguments, if any."""
    words = unwrapped(words)
    if not words:
        return None
    name, rest, scope = words[0], words[1:], shell.scope
    add = shell.events.append
    if name in ("module", "ml"):
        shell.events.extend(_module_command(name, rest, shell, at))
        return None
    if name == "eval":
        return EmbeddedCode("bash", " ".join(rest), shell)
    if name in ("source", ".") and rest:
        if _LMOD_INIT.search(rest[0]):
            shell.ready = True
        elif UNKNOWN not in rest[0]:
            add(UseString(at, rest[0], "read", scope=scope))
            add(RunFile(at, rest[0], shell.ready, scope=scope))
        return None
    if name == "alias":
        shell.events.extend(DefineCommand(at, word.partition("=")[0], scope=scope) for word in rest)
        return None
    if name in ("conda", "micromamba", "mamba") and rest[:1] in (["run"], ["activate"]):
        # the packages of an environment cannot be seen
        add(InstallPackage(at, UNKNOWN, scope=scope))
    if name in ("cd", "pushd"):
        add(ChangeDirectory(at, scope=scope))
    add(RunCommand(at, tuple(words), scope=scope))
    shell.events.extend(_files(name, rest, scope, at))
    shell.events.extend(_packages(name, rest, shell, at))
    shell.events.extend(_interactions(name, rest, shell, at))
    return _program(name, rest, shell, at)


def unwrapped(words: Sequence[str]) -> list[str]:
    """Return the command itself, without ``sudo``, ``time``, ``env A=B`` and the like before it."""
    rest = list(words)
    while rest and (rest[0] in _WRAPPERS or _ASSIGNMENT.match(rest[0])):
        name, rest = rest[0], rest[1:]
        valued = _WRAPPERS.get(name, ())
        while rest and rest[0].startswith("-") and name in _WRAPPERS:
            if name == "command" and rest[0] in ("-v", "-V"):
                return []
            rest = rest[2:] if rest[0] in valued else rest[1:]
        if name == "timeout":
            rest = rest[1:]
    return rest


def _module_command(name: str, rest: Sequence[str], shell: ShellState, at: Location) -> Iterator[Event]:
    """Yield what ``module …`` or ``ml …`` does."""
    rest = [word for word in rest if not (word.startswith("--") or word in ("-q", "-f", "-t", "-r"))]
    verb = rest[0] if rest else "list"
    if name == "ml" and verb not in LMOD_VERBS:
        verb = "load"
    else:
        rest = rest[1:]
    via: LoadedVia = "" if shell.kernel and shell.ready else "ready" if shell.ready else "bare"
    yield from lmod_events(verb, rest, at, scope=shell.scope, guarded=shell.guarded, via=via)


def _files(name: str, rest: Sequence[str], scope: Scope, at: Location) -> Iterator[Event]:
    """Yield the strings of a command, with what it does to files of such names."""
    yield UseString(at, name, "quiet" if "/" not in name else "read", scope=scope)
    last = max((number for number, word in enumerate(rest) if not word.startswith("-")), default=-1)
    for number, word in enumerate(rest):
        use: FileUse = "unknown"
        if name in _CREATES:
            use = "create"
        elif name in _QUIET:
            use = "quiet"
        elif name in _COPIES:
            use = "write" if number == last else "read"
        elif name in _READS:
            use = "read"
        elif name in ("git", "datalad") and rest[0] in ("clone", "install", "create"):
            use = "create" if number == last else "quiet"
        if number and _OUTPUT_OPTION.fullmatch(rest[number - 1]):
            use = "create" if name in ("wget", "unzip", "tar") else "write"
        option, equals, value = word.partition("=")
        if equals and option.startswith("-"):
            yield UseString(at, value, "write" if _OUTPUT_OPTION.fullmatch(option) else use, scope=scope)
        else:
            yield UseString(at, word, use, scope=scope)
    if name in _CHOOSE_NAMES or UNKNOWN in rest or UNKNOWN in name:
        yield WriteUnknown(at, scope=scope)


def _packages(name: str, rest: Sequence[str], shell: ShellState, at: Location) -> Iterator[Event]:
    """Yield what a package manager installs, and whether it asks before."""
    if name in ("python", "python3") and rest[:2] == ["-m", "pip"]:
        name, rest = "pip", rest[2:]
    elif name == "uv" and rest[:1] == ["pip"]:
        rest = rest[1:]
    if name not in _INSTALLERS:
        return
    verb, *packages = [word for word in rest if not word.startswith("-")] or [""]
    if verb in _INSTALL:
        yield from (InstallPackage(at, word, scope=shell.scope) for word in packages if word != verb)
    if verb in _INSTALLERS[name] and not shell.piped and not _CONFIRMED.intersection(rest):
        yield Interact(at, f"{name} {verb}", "confirm", shell.guarded, scope=shell.scope)


def _interactions(name: str, rest: Sequence[str], shell: ShellState, at: Location) -> Iterator[Event]:
    """Yield what waits for a line or opens a window."""
    if name == "read" and not shell.piped and any(word.startswith("-p") for word in rest):
        yield Interact(at, "read -p", "input", shell.guarded, scope=shell.scope)
    if name in _WINDOWS or (name.lower() == "fsleyes" and rest[:1] != ["render"]):
        yield Interact(at, name, "display", shell.guarded, scope=shell.scope)


def _program(name: str, rest: Sequence[str], shell: ShellState, at: Location) -> EmbeddedCode | None:
    """Return the code that an interpreter gets as an argument, or note the script that it runs."""
    base, ready = name.rpartition("/")[2], shell.ready
    if base in SHELLS:
        language = "bash"
        ready = ready or any(is_login(word) for word in rest)
    elif re.fullmatch(r"python[0-9.]*|Rscript|octave|octave-cli|matlab", base):
        language = {"p": "python", "R": "r"}.get(base[0], "octave")
    else:
        if name.startswith("./"):
            shell.events.append(RunFile(at, name, ready, scope=shell.context.new_scope(shell.scope)))
        return None
    for number, word in enumerate(rest):
        has_code = re.fullmatch(r"-[a-z]*c[a-z]*", word) if language == "bash" else word in _CODE_OPTIONS
        if has_code and number + 1 < len(rest):
            return EmbeddedCode(language, rest[number + 1], shell.child(ready=ready))
        if word == "-m" and language != "bash":
            return None
        if not word.startswith("-"):
            shell.events.append(RunFile(at, word, ready, scope=shell.context.new_scope(shell.scope)))
            return None
    return None
