"""The command of every generic task's container: a constant, repeated in the compiled pipeline, hence short.

Its arguments are the zipapp's SHA-256, the zipapp's URL, then the bootstrapper's own arguments. No value of
a user is part of the script. The credentials, a session token included, reach curl through its standard
input, so that they are in no process's command line; sed quotes them as curl's configuration files want it.
Every Python that need not start is a tenth of a second less before the first cell.
"""

from __future__ import annotations

from elyra_neurodesk.bootstrapper import PROTOCOL

_SCRIPT = """\
h=$1 u=$2 p=python3;shift 2
e(){ echo "ND-START-00$1: $2">&2;exit $3;}
command -v $p>/dev/null||e 1 'the image has no python3' 16
$p -c 'import elyra_neurodesk.bootstrapper as b;exit(b.PROTOCOL!=PROTOCOL_NUMBER)' 2>/dev/null&&\
exec $p -m elyra_neurodesk.bootstrapper "$@"
f=`mktemp -dp "${ELYRA_WRITABLE_CONTAINER_DIR:-/tmp}"`/b
t=$AWS_SESSION_TOKEN
printf '%s\\n' "user=$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" ${t:+"header=x-amz-security-token: $t"}|\
sed 's/[\\\\"]/\\\\&/g;s/=/="/;s/$/"/'|\
curl -K- -sSf --retry 4 --retry-connrefused --connect-timeout 5 --aws-sigv4 \
"aws:amz:${AWS_REGION:-us-east-1}:s3" -o "$f" "$u"
case $? in
0);;2)e 2 'curl is older than 7.75' 16;;127)e 3 'the image has no curl' 16;;*)e 4 "$u: not fetched" 13
esac
echo "$h  $f"|sha256sum -c >/dev/null 2>&1||e 5 "$u: wrong SHA-256" 17
exec $p "$f" "$@"
"""

SCRIPT = _SCRIPT.replace("PROTOCOL_NUMBER", str(PROTOCOL))
CONTAINER_COMMAND: list[str] = ["sh", "-c", SCRIPT, "elyra-neurodesk"]
