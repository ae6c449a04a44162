# A command line of the user's own. Arguments: modules, command line, output, then the inputs.
modules=$1 line=$2 output=$3
shift 3
# tool, version: gives version: as Lmod chooses, exact, the default, or the highest that begins with it
choose() {
  [ -e "$root/containers/modules/$1/$2.lua" ] && version=$2 && return
  if [ -z "$2" ] && [ -L "$root/containers/modules/$1/default" ]; then
    version=$(readlink "$root/containers/modules/$1/default")
    version=${version##*/}
    version=${version%.lua}
    return
  fi
  version=$(ls "$root/containers/modules/$1" 2>/dev/null | sed -n 's/\.lua$//p' |
    while IFS= read -r one; do
      case $one in "$2".* | "$2"-* | "$2"_*) echo "$one" ;; *) [ -n "$2" ] || echo "$one" ;; esac
    done | sort -V | tail -n 1)
}
load() {
  case $1 in *[!A-Za-z0-9._+/-]* | /* | *..*) fail 6 "'$1' is not a module: write tool or tool/version." 2 ;; esac
  tool=${1%%/*} wanted=
  case $1 in */*) wanted=${1#*/} ;; esac
  version=
  choose "$tool" "$wanted"
  near=$(ls "$root/containers/modules/$tool" 2>/dev/null | sed -n "s/\.lua\$//p" | tr '\n' ' ')
  file=$root/containers/modules/$tool/$version.lua
  if [ -z "$version" ] || ! [ -f "$file" ]; then
    [ -n "$near" ] || near=$(ls "$root/containers/modules" | grep -i "^$(printf %.2s "$tool")" | tr '\n' ' ')
    fail 2 "the module $1 is not in $root. Near: ${near:-none}" 12
  fi
  place=$(sed -n \
    -e 's|^[[:space:]]*prepend_path([[:space:]]*"PATH"[[:space:]]*,[[:space:]]*"[^"]*/containers/\([^"/]*\)".*|\1|p' \
    -e 's|^-- neurodesk-image \(.*\)\.simg$|\1|p' "$file" | head -n 1)
  [ -n "$place" ] || fail 2 "the module $tool/$version puts nothing on PATH." 12
  use "$place" ""
  say "module $1 is $tool/$version"
  sed -n 's|^[[:space:]]*setenv("\([A-Za-z_][A-Za-z0-9_]*\)"[[:space:]]*,[[:space:]]*"\([^"]*\)").*|\1=\2|p' "$file" \
    >"$work/variables"
  while IFS= read -r variable; do
    value=${variable#*=}
    case $value in /cvmfs/neurodesk.ardc.edu.au/*) value=$root/${value#/cvmfs/neurodesk.ardc.edu.au/} ;; esac
    export "${variable%%=*}=$value"
  done <"$work/variables"
}
make_workdir
if [ -n "$modules" ]; then
  readable
  set -f
  set -- "$@" --
  for module in $modules; do load "$module"; done
  set +f
else
  set -- "$@" --
fi
number=0
while [ "$1" != -- ]; do
  number=$((number + 1))
  [ -e "$1" ] || fail 3 "the input $number is empty: the step before left nothing." 13
  place=$work/in/$number
  mkdir "$place"
  if [ -d "$1" ]; then
    copy_all "$1" "$place"
    only=$(find "$place" -type f)
    [ -f "$only" ] || only=$place
  else
    only=$place/${1##*/}
    copy "$1" "$only"
  fi
  export "INPUT${number}_FOLDER=$place" "INPUT$number=$only"
  shift
done
export OUTPUT="$work/out"
bind
status=0
if command -v bash >/dev/null; then
  bash -eo pipefail -c "$line" neurodesk-command </dev/null || status=$?
else
  sh -ec "$line" neurodesk-command </dev/null || status=$?
fi
[ "$status" -eq 0 ] || fail 4 "the command failed with exit status $status; its messages are above." "$status"
if [ -n "$(ls -A "$work/out")" ]; then
  mkdir -p "$output"
  copy_all "$work/out" "$output"
  say "Results: $(ls -A "$work/out" | tr '\n' ' ')"
else
  say "the command left nothing in its working directory, so that there are no results"
fi
