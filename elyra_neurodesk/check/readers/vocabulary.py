"""Lists of words."""

from __future__ import annotations


def word_set(*lines: str) -> frozenset[str]:
    """Return the words of some lines."""
    return frozenset(word for line in lines for word in line.split())


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
"""Commands that say nothing about a Neurodesk tool, though a container's list may have one of the name."""
