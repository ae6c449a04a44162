"""The command of every generic task's container: a constant, and short.

Argo stores every byte of it eight times for every task. Its $0 is the zipapp's URL, which ends in its
SHA-256; its arguments are the bootstrapper's own. No value of a user is part of the script. The credentials,
with a session token where there is one, reach curl through its standard input, so that they are in no
process's command line; sed quotes them as curl's configuration files want it. Every Python that need not
start is a tenth of a second less before the first cell.

A failure is one line, `ERRORS`, with what the failed program said: in the log, and in the container's
termination message, where Kubernetes shows it as part of the pod's status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ERRORS = {
    1: ("the image has no python3", 16),
    2: ("its curl is older than 7.75", 16),
    3: ("the image has no curl", 16),
    4: ("the bootstrapper could not be fetched from the object store", 13),
    5: ("the bootstrapper in the object store has another SHA-256", 17),
}
"""Number of the code ``ND-START-00N``, to what it means and the exit status."""

SCRIPT = """\
p=python3 m=elyra_neurodesk.bootstrapper t=/dev/termination-log
e(){ c=ND-START-00$1:\\ $c;echo $c>&2;[ -f $t ]&&echo $c>$t;exit $2;}
c=`$p -c "from $m import V2" 2>&1`
case $? in 0)exec $p -m $m "$@";;127)e 1 16;esac
f=`mktemp -p "${ELYRA_WRITABLE_CONTAINER_DIR:-/tmp}"`
c=`sed 's/[\\\\"]/\\\\\\\\&/g;s/=/="/;s/$/"/'<<E|curl -K- -sSfm20 -o"$f" \
--retry 4 --retry-connrefused --aws-sigv4 aws:amz:${AWS_REGION:-us-east-1}:s3 "$0" 2>&1
user=$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY${AWS_SESSION_TOKEN:+
header=x-amz-security-token: $AWS_SESSION_TOKEN}
E
`
case $? in 0);;2)e 2 16;;127)e 3 16;;*)c=$0:\\ $c;e 4 13;esac
case $0 in */`sha256sum<"$f"|cut -c-64`.pyz)exec $p "$f" "$@";esac
c=$0;e 5 17
"""

CONTAINER_COMMAND: list[str] = ["sh", "-c", SCRIPT]


def writes_life_signs(command: Iterable[str]) -> bool:
    """Return whether a container's command runs a bootstrapper with signs of life: version 2 or newer."""
    versions = [int(found[1]) for word in command if (found := re.search(r"\bimport V(\d+)\b", word))]
    return max(versions, default=1) > 1
