"""Commands of Neurodesk tools that are not loaded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from elyra_neurodesk.check.events import (
    UNKNOWN,
    DefineCommand,
    Event,
    InstallPackage,
    LoadModule,
    RunCommand,
    visible,
)
from elyra_neurodesk.check.report import Finding, Severity, finding
from elyra_neurodesk.check.rules.loaded import LoadedModules
from elyra_neurodesk.check.words import word_set
from elyra_neurodesk.modules.index import ModuleEntry, ModuleIndex

_NEURODESK_IMAGE = re.compile(r"neuro(desktop|command)", re.IGNORECASE)
_MAX_NAMED = 3  # tools that a message names
SYSTEM_COMMANDS = word_set(
    # the shell's own, and what every Linux has
    ". : [ [[ alias bg bind break builtin caller case cd command compgen complete continue declare dirs",
    "disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local",
    "logout mapfile popd printf pushd pwd read readarray readonly return select set shift shopt source",
    "suspend test times trap true type typeset ulimit umask unalias unset until wait while addgroup",
    "adduser apt apt-get apt-cache ar arch awk gawk mawk b2sum base32 base64 basename bc bunzip2 bzcat",
    "bzip2 cal cat chgrp chmod chown chroot cksum clear cmp column comm cp cpio csplit cut date dc dd df",
    "diff dig dir dirname dmesg dos2unix du egrep env expand expr factor fgrep file find flock fmt fold",
    "free fuser getconf getent gpg grep groups gunzip gzip head hexdump host hostid hostname iconv id",
    "ifconfig install ionice ip join killall ldconfig ldd less link ln locale locate logger logname ls",
    "lsb_release lscpu lsof lsblk m4 make man md5sum mkdir mkfifo mknod mktemp more mount mountpoint mv",
    "nano nc ncdu nice nl nm nohup nproc numfmt objdump od openssl paste patch patchelf perl pgrep ping",
    "pkill pr ps pstree ptx pv pwd readelf readlink realpath renice reset rev rm rmdir rsync run-parts",
    "scp screen script sed seq service setfacl setsid sftp sha1sum sha224sum sha256sum sha512sum shred",
    "shuf size sleep sort split ssh ssh-keygen stat stdbuf strace strings strip stty su sudo sum sync tac",
    "tail tar tee telnet time timeout tmux top touch tput tr tree truncate tset tsort tty umount uname",
    "unexpand uniq unlink unix2dos unxz unzip uptime users vi vim vdir watch wc wget which who whoami",
    "xargs xxd xz yes zcat zgrep zip zless zstd 7z bash sh dash zsh ksh csh tcsh fish",
    # compilers and languages
    "cc c++ gcc g++ gfortran ld as clang cmake ninja go java javac julia lua luajit node npm npx octave",
    "octave-cli matlab php ruby rustc cargo tclsh wish R Rscript python python2 python3 perl ipython pip",
    "pip2 pip3 pipx uv pytest",
    # what a Neurodesktop has beside its tools
    "conda mamba micromamba jupyter jupyter-lab jupyter-nbconvert papermill git git-annex git-lfs",
    "git-credential-netrc datalad snakemake nextflow pydra nipypecli nipoppy apptainer singularity docker",
    "podman module ml lmod sbatch squeue sinfo scancel srun sacct salloc scontrol code code-server",
    "firefox curl aws rclone osf s5cmd jq yq nb2py tini xvfb-run Xvfb vncserver xdg-open lxterminal emacs",
    "parallel htop bids-validator deno gh convert identify mogrify",
)
"""Commands that every image may have, even where a Neurodesk container offers one of the same name."""


class CommandRule:
    """Judges the commands of one node, event by event.

    Args:
        node: its label.
        image: its runtime image. One of Neurodesk's own has none of the tools; any other may.
        index: the module index.
        events: all that the node does.

    Attributes:
        findings: about commands, one for each file and command.
    """

    def __init__(self, node: str, image: str, index: ModuleIndex, events: Sequence[Event]) -> None:
        self.findings: list[Finding] = []
        self._node = node
        self._index = index
        self._severity: Severity = "error" if _NEURODESK_IMAGE.search(image) else "warning"
        self._events = events
        self._defined = {event.name for event in events if isinstance(event, DefineCommand)}
        self._installed = [event.package.lower() for event in events if isinstance(event, InstallPackage)]
        self._seen: set[tuple[str, str]] = set()

    def see(self, number: int, event: RunCommand, loaded: LoadedModules) -> None:
        """Judge a command, the event of that number, with what is loaded by then."""
        command = event.words[0]
        key = (event.at.file, command)
        if key in self._seen or command in SYSTEM_COMMANDS or command in self._defined:
            return
        if UNKNOWN in command or "/" in command or loaded.is_opaque(event.scope):
            return
        tools = self._index.providers(command)
        if not tools or any(self._provides(entry, command) for entry in loaded.at(event.scope)):
            return
        if any(self._is_installed(name) for name in (command, *tools)):
            return
        self._seen.add(key)
        code, what = "ND-CHECK-201", f"'{command}' is a command of {' or '.join(tools[:_MAX_NAMED])}"
        if len(tools) > _MAX_NAMED:
            what += " or another tool"
        same = [entry.name for entry in loaded.at(event.scope) if entry is not None and entry.tool in tools]
        if later := self._later_load(number, event, command):
            where = f"cell {later.at.cell}" if later.at.cell else f"line {later.at.line}"
            code, what = "ND-CHECK-202", f"'{command}' is used before '{later.request}' is loaded ({where})"
        elif same:
            what += f", and not of {same[-1]}, which is loaded"
        else:
            what += ", which is not loaded"
        self.findings.append(finding(code, self._node, event.at, what, self._severity))

    def _provides(self, entry: ModuleEntry | None, command: str) -> bool:
        """Return whether a loaded module may offer a command; one that is not known may offer any."""
        commands = None if entry is None else self._index.commands(entry)
        return commands is None or command in commands

    def _is_installed(self, name: str) -> bool:
        return any(package == UNKNOWN or name.lower() in package for package in self._installed)

    def _later_load(self, number: int, run: RunCommand, command: str) -> LoadModule | None:
        """Return the load that comes after the command that needs it."""
        scopes = set(visible(run.scope))
        for event in self._events[number + 1 :]:
            if isinstance(event, LoadModule) and event.scope in scopes and UNKNOWN not in event.request:
                entry = self._index.resolve(event.request).entry
                if entry is not None and self._provides(entry, command):
                    return event
        return None
