"""What single commands mean: modules, other shells, files, questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from elyra_neurodesk.check.readers.events import (
    UNKNOWN,
    Ask,
    Define,
    Dynamic,
    Event,
    Include,
    Install,
    Load,
    Mode,
    Place,
    Run,
    Scope,
    Scopes,
    Text,
    Unload,
    UsePath,
)
from elyra_neurodesk.check.readers.vocabulary import word_set

SHELLS = ("bash", "sh", "zsh", "dash", "ksh")
# what defines `module` and `ml` in a shell that is neither a login shell nor an interactive one
_INITIALISES = re.compile(r"(^|/)(module\.sh|lmod\.sh|modules\.sh|z00_lmod\.sh|init/(ba|z|k)?sh)$")
# words after which the real command comes, and their options that take a value
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
_READS = word_set(
    "ls cat cd head tail wc find du tree less more pushd grep",
)
_QUIET = word_set(
    "rm rmdir test [ [[ echo printf which type chmod chown export",
)
# paths in their arguments may be those of another machine or container
_ELSEWHERE = frozenset({"docker", "podman", "apptainer", "singularity", "ssh", "sbatch"})
_OUTPUT_OPTIONS = re.compile(r"-(o|O|P|out|output|outdir)|--(out|dest|target|log)[a-z_-]*")
# they write files whose names are their own affair
_OWN_NAMES = word_set(
    "tar unzip gunzip gzip git datalad wget curl aws s3cmd rclone osf make snakemake nextflow papermill",
    "jupyter dcm2niix heudiconv bidscoiner bidsmapper recon-all fmriprep mriqc qsiprep docker apptainer",
    "singularity sbatch parallel rsync scp 7z bunzip2 xz zip cmake",
)
_CONFIRMED = {"-y", "--yes", "-q", "-qq", "-qy", "-yq", "--dry-run", "--assume-yes", "--help", "-h"}
_INSTALLERS = word_set(
    "pip pip3 conda mamba micromamba apt apt-get uv",
)
_INSTALLS = frozenset({"install", "create", "add"})
_MODULE_WORDS = {
    "add": "load",
    "try-load": "load",
    "try-add": "load",
    "del": "unload",
    "rm": "unload",
    "switch": "swap",
}


@dataclass
class Session:
    """A shell as far as it has been read.

    Attributes:
        scope: the process.
        scopes: numbers for new ones.
        kernel: what is loaded here stays: the shell is a notebook's kernel or the script itself.
        ready: ``module`` is defined.
        piped: standard input comes from a file or another command.
        guarded: a failure is expected.
        variables: known values.
        events: what has happened.
    """

    scope: Scope
    scopes: Scopes
    kernel: bool = False
    ready: bool = False
    piped: bool = False
    guarded: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def child(self, *, ready: bool | None = None) -> Session:
        """Return the session of a shell that this one starts; its events go to the same list."""
        return Session(
            self.scopes.below(self.scope),
            self.scopes,
            False,
            self.ready if ready is None else ready,
            self.piped,
            self.guarded,
            dict(self.variables),
            self.events,
        )


@dataclass(frozen=True)
class Nested:
    """Code that a command carries in an argument.

    Attributes:
        language: ``bash``, ``python``, ``r`` or ``octave``.
        text: the code.
        session: the process it runs in.
    """

    language: str
    text: str
    session: Session


def interpret(words: Sequence[str], session: Session, place: Place) -> Nested | None:
    """Append what a command does to the session's events, and return the code in its arguments, if any."""
    words = unwrapped(words)
    if not words:
        return None
    name = words[0]
    add = session.events.append
    if name in ("module", "ml"):
        session.events.extend(module_command(words, session, place))
        return None
    if name == "eval":
        return Nested("bash", " ".join(words[1:]), session)
    if name in ("source", ".") and len(words) > 1:
        if _INITIALISES.search(words[1]):
            session.ready = True
        elif UNKNOWN not in words[1]:
            add(Text(place, words[1], "read", scope=session.scope))
            add(Include(place, words[1], session.ready, scope=session.scope))
        return None
    if name == "alias":
        session.events.extend(
            Define(place, word.partition("=")[0], scope=session.scope) for word in words[1:]
        )
        return None
    if name in ("conda", "micromamba", "mamba") and words[1:2] in (["run"], ["activate"]):
        # what an environment holds cannot be seen
        add(Install(place, UNKNOWN, scope=session.scope))
    add(Run(place, tuple(words), scope=session.scope))
    session.events.extend(_files(words, session.scope, place))
    session.events.extend(_questions(words, session, place))
    return _nested(words, session, place)


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


def module_command(words: Sequence[str], session: Session, place: Place) -> Iterator[Event]:
    """Yield what ``module …`` or ``ml …`` does."""
    rest = [word for word in words[1:] if not (word.startswith("--") or word in ("-q", "-f", "-t", "-r"))]
    verb = _MODULE_WORDS.get(rest[0], rest[0]) if rest else "list"
    if words[0] == "ml" and verb not in _VERBS:
        verb = "load"
    else:
        rest = rest[1:]
    yield from module_events(verb, rest, session, place)


_VERBS = word_set(
    "load unload purge swap use unuse list avail av spider show help whatis keyword key save restore",
    "reset refresh update savelist describe display overview is-loaded is-avail",
)


def module_events(verb: str, names: Sequence[str], session: Session, place: Place) -> Iterator[Event]:
    """Yield what a module command does in a shell."""
    scope = session.scope
    if verb == "load":
        for name in names:
            if name.startswith("-"):
                yield Unload(place, name[1:], scope=scope)
            elif name:
                via = "" if session.kernel and session.ready else "ready" if session.ready else "bare"
                yield Load(place, name, session.guarded, via, scope=scope)  # type: ignore[arg-type]
    elif verb == "unload":
        yield from (Unload(place, name, scope=scope) for name in names)
    elif verb == "swap":
        yield from (Unload(place, name, scope=scope) for name in names[:-1])
        yield from module_events("load", names[-1:], session, place)
    elif verb in ("purge", "reset"):
        yield Unload(place, scope=scope)
    elif verb == "use":
        yield from (UsePath(place, name, scope=scope) for name in names if not name.startswith("-"))
    elif verb == "restore":
        yield Load(place, UNKNOWN, session.guarded, "ready", scope=scope)


def _files(words: Sequence[str], scope: Scope, place: Place) -> Iterator[Event]:
    """Yield the texts of a command, with what it does to files of such names."""
    name, rest = words[0], words[1:]
    yield Text(place, name, "quiet" if "/" not in name else "read", scope=scope)
    last = max((number for number, word in enumerate(rest) if not word.startswith("-")), default=-1)
    for number, word in enumerate(rest):
        mode: Mode = "unknown"
        if name in _CREATES:
            mode = "create"
        elif name in _QUIET or name in _ELSEWHERE:
            mode = "quiet"
        elif name in _COPIES:
            mode = "write" if number == last else "read"
        elif name in _READS:
            mode = "read"
        elif name in ("git", "datalad") and rest[:1] in (["clone"], ["install"], ["create"]):
            mode = "create" if number == last else "quiet"
        if number and _OUTPUT_OPTIONS.fullmatch(rest[number - 1]):
            mode = "create" if name in ("wget", "unzip", "tar") else "write"
        option, equals, value = word.partition("=")
        if equals and option.startswith("-"):
            yield Text(place, value, "write" if _OUTPUT_OPTIONS.fullmatch(option) else mode, scope=scope)
        else:
            yield Text(place, word, mode, scope=scope)
    if name in _OWN_NAMES or UNKNOWN in rest or UNKNOWN in name:
        yield Dynamic(place, scope=scope)


def _questions(words: Sequence[str], session: Session, place: Place) -> Iterator[Event]:
    """Yield what a command asks, and what it installs."""
    name, rest = words[0], list(words[1:])
    if name in ("python", "python3") and rest[:2] == ["-m", "pip"]:
        name, rest = "pip", rest[2:]
    if name == "uv" and rest[:1] == ["pip"]:
        rest = rest[1:]
    if name in _INSTALLERS:
        verb = next((word for word in rest if not word.startswith("-")), "")
        if verb in _INSTALLS:
            packages = [word for word in rest if not word.startswith("-") and word != verb]
            yield from (Install(place, package, scope=session.scope) for package in packages)
        asks = {"pip": ("uninstall",), "pip3": ("uninstall",)}.get(
            name, ("install", "create", "remove", "update")
        )
        if name in ("apt", "apt-get"):
            asks = ("install", "remove", "upgrade", "dist-upgrade")
        silent = session.piped or name == "uv" or _CONFIRMED.intersection(rest)
        if verb in asks and not silent:
            yield Ask(place, f"{name} {verb}", "confirm", session.guarded, scope=session.scope)
    if name == "read" and not session.piped and any(word.startswith("-p") for word in rest):
        yield Ask(place, "read -p", "input", session.guarded, scope=session.scope)
    if name in ("freeview", "itksnap") or (name == "fsleyes" and rest[:1] != ["render"]):
        yield Ask(place, name, "display", session.guarded, scope=session.scope)


def _nested(words: Sequence[str], session: Session, place: Place) -> Nested | None:
    """Return the code that a command carries, or note the script that it runs."""
    name, rest = words[0].rpartition("/")[2], words[1:]
    add = session.events.append
    if name in SHELLS:
        options = [word for word in rest if word.startswith("-")]
        ready = session.ready or any(re.fullmatch(r"-[a-z]*[li][a-z]*|--login", word) for word in options)
        for number, option in enumerate(rest):
            if re.fullmatch(r"-[a-z]*c[a-z]*", option) and number + 1 < len(rest):
                return Nested("bash", rest[number + 1], session.child(ready=ready))
            if not option.startswith("-"):
                add(Include(place, option, ready, scope=session.scopes.below(session.scope)))
                break
        return None
    if re.fullmatch(r"python[0-9.]*|Rscript|octave|octave-cli|matlab", name):
        language = {"p": "python", "R": "r"}.get(name[0], "octave")
        for number, option in enumerate(rest):
            if option in ("-c", "-e", "--eval", "-batch", "-r") and number + 1 < len(rest):
                return Nested(language, rest[number + 1], session.child())
            if option == "-m":
                break
            if not option.startswith("-"):
                add(Include(place, option, session.ready, scope=session.scopes.below(session.scope)))
                break
        else:
            return None
        return None
    if words[0].startswith("./"):
        add(Include(place, words[0], session.ready, scope=session.scopes.below(session.scope)))
    return None
