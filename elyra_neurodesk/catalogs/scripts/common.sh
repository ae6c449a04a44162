# Beginning of every script of the catalogs. Values of users are words of "$@" and are never evaluated.
set -u
name=$1
shift
root=${NEURODESK_CVMFS_ROOT:-/cvmfs/neurodesk.ardc.edu.au}
say() { echo "neurodesk: $*"; }
fail() {
  echo "ND-STEP-00$1: $name: $2" >&2
  exit "$3"
}
make_workdir() {
  for place in "${TMPDIR:-}" /neurodesktop-storage /tmp; do
    [ -d "$place" ] && [ -w "$place" ] && break
  done
  work=$(mktemp -d "$place/neurodesk.XXXXXX") || fail 5 "no directory can be made in $place" 15
  trap 'rm -rf "$work"' EXIT
  trap 'exit 143' TERM INT
  mkdir "$work/in" "$work/out" && cd "$work/out" || fail 5 "$work cannot be written" 15
}
# apptainer shows a tool these directories; it fails on one that is not there
bind() {
  set -f
  bound=
  IFS=,
  for place in ${APPTAINER_BINDPATH:-/data,/mnt,/neurodesktop-storage,/tmp,/cvmfs} "$work"; do
    [ -e "${place%%:*}" ] && bound=$bound${bound:+,}$place
  done
  unset IFS
  set +f
  export APPTAINER_BINDPATH="$bound"
}
readable() {
  ls "$root/containers" >/dev/null 2>&1 ||
    fail 1 "$root cannot be read. Mount the claim of CVMFS there (a Data Volume of the node)." 11
}
# container directory, command ("" for any)
use() {
  readable
  top=$root/containers/$1
  near=$(ls "$root/containers" | grep "^${1%%_*}_" | tr '\n' ' ')
  [ -d "$top" ] || fail 2 "container $1 is not in $root/containers. Near: ${near:-none }" 12
  [ -e "$top/$1.simg" ] || fail 2 "container $1 is retired: its image is gone. Near: ${near:-none }" 12
  [ -z "$2" ] || [ -x "$top/$2" ] || fail 2 "container $1 has no command $2." 12
  export PATH="$top:$PATH"
  say "container $top"
}
copy() { cp -RL "$1" "$2" || fail 5 "$1 cannot be copied to $2" 15; }
copy_all() { copy "$1/." "$2"; }
# gives plain: the name, with nothing in it that a tool could stumble over
plainly() {
  plain=$(printf %s "$1" | LC_ALL=C tr -c 'A-Za-z0-9._+-' _)
  case $plain in -* | .*) plain=_$plain ;; esac
}
