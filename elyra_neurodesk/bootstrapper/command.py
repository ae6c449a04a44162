"""The command of every generic task's container: a constant, and short.

Argo stores every byte of it eight times for every task, and six bytes for each ``&``, ``<`` and ``>``. Its
$0 is the zipapp's URL, which ends in its SHA-256; all its arguments are the bootstrapper's. No value of a
user is part of the script. The credentials, with a session token where there is one, reach curl through its
standard input, so that they are in no process's command line. Every Python that need not start is a tenth of
a second less before the first cell.

A failure is one line, `ERRORS`, with what the failed program said: in the log, and in the container's
termination message, where Kubernetes shows it as part of the pod's status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

ERRORS = {
    1: ("the image has no python3", 16),
    2: ("its curl is older than 7.75", 16),
    3: ("the image has no curl", 16),
    4: ("the bootstrapper could not be fetched from the object store", 13),
    5: ("the bootstrapper in the object store has another SHA-256", 17),
}
"""Number of the code ``ND-START-00N``, to what it means and the exit status."""

# The URL has neither blanks nor wildcards (`StorageLocation.url`), so it needs no quotes. The file is in
# memory: /dev/shm can be written in every container, also where the image's file system cannot. An empty
# sha256sum matches no URL. curl takes the rest of a line as a value: a key with a blank in it is none.
SCRIPT = """\
p=python3 m=elyra_neurodesk.bootstrapper t=/dev/termination-log
e(){ [ -f $t ]||t=/dev/null;echo ND-START-00$1:$3 $c|tee $t;exit $2;}
c=`$p -c "from $m import V3" 2>&1`
case $? in 0)exec $p -m $m $0 "$@";;127)e 1 16;esac
f=`mktemp -p/dev/shm`
c=`printf %s "user=$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY${AWS_SESSION_TOKEN:+
header=x-amz-security-token:$AWS_SESSION_TOKEN}"|curl -K- -sSfm20 -o$f --retry 4 --retry-connrefused \
--aws-sigv4 aws:amz:${AWS_REGION:-us-east-1}:s3 $0 2>&1`
case $? in 0);;2)e 2 16;;127)e 3 16;;*)e 4 13 \\ $0:;esac
case $0 in */`sha256sum<$f|cut -c-64`.pyz)exec $p $f $0 "$@";esac
c=$0;e 5 17
"""

CONTAINER_COMMAND: list[str] = ["sh", "-c", SCRIPT]


def writes_life_signs(command: Iterable[str]) -> bool:
    """Return whether a container's command runs a bootstrapper with signs of life: version 2 or newer."""
    versions = [int(found[1]) for word in command if (found := re.search(r"\bimport V(\d+)\b", word))]
    return max(versions, default=1) > 1


def own_arguments(command: Sequence[str]) -> int | None:
    """Return how many of a container's arguments its start script does not pass on to the bootstrapper.

    None where the command is not ours. The start scripts of versions 1 and 2 kept the zipapp's URL.
    """
    if list(command) == CONTAINER_COMMAND:
        return 0
    ours = len(command) == 3 and " m=elyra_neurodesk.bootstrapper " in command[2]
    return 1 if ours else None
