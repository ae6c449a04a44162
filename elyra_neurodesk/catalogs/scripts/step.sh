# Runs a tool. "$@" is a list of instructions, each a kind and its values, in this order:
#
#   tool CONTAINER PROGRAM             the program is that of a container in CVMFS; left out in a tool's own image
#   in NAME FIELD PATTERNS ARTIFACT    the artifact's file that fits a pattern, the likeliest first, is {NAME}, its
#                                      name without endings {NAME_stem}; PATTERNS "folder": {NAME} is all of it
#   env VARIABLE TEMPLATE              sets a variable
#   word TEMPLATE                      a word of the command line; a plain string in components/*.yaml
#   option FLAG FIELD RULE VALUE       a value, if there is one, that is a text, a number, an integer or one of
#                                      |these|; behind its flag: "-f" a word of its own, "--f=" joined, "" none
#   flag FLAG VALUE                    the flag, if the value is true
#   list FLAG FIELD VALUE              the flag and one word for each word of the value
#   file FLAG FIELD PATH               the path of a file in a mounted volume; "$NAME" sets that variable to it
#   folder FLAG FIELD PATH             the path of a folder in a mounted volume
#   more VALUE                         further words, quoted as in a shell
#   out FIELD PATTERN ARTIFACT         the files that are handed on; "?FIELD": the tool may leave none
#
# Words are gathered behind the instructions that are left. {here} is the directory in which the tool runs.
# Templates and patterns are text of the catalog, values are never evaluated.
fill() {
  rest=$1
  filled=
  while :; do
    case $rest in
      *\{*\}*)
        filled=$filled${rest%%\{*}
        rest=${rest#*\{}
        eval "filled=\$filled\$v_${rest%%\}*}"
        rest=${rest#*\}}
        ;;
      *)
        filled=$filled$rest
        return
        ;;
    esac
  done
}
# variable, title, patterns, artifact: finds the file that is meant and shows it under its own name
pick() {
  [ -e "$4" ] || fail 3 "the input '$2' is empty: the step before left nothing." 13
  place=$work/in/$1
  mkdir -p "$place"
  if [ "$3" = folder ]; then
    [ -d "$4" ] || fail 3 "the input '$2' is a file, not a folder." 13
    copy_all "$4" "$place"
    eval "v_$1=\$place"
    return
  fi
  found= count=0 names=
  if [ -d "$4" ]; then
    for pattern in $3; do
      for file in "$4"/$pattern; do
        [ -f "$file" ] || continue
        found=$file count=$((count + 1)) names="$names ${file##*/}"
      done
      [ "$count" -eq 0 ] || break
    done
    [ "$count" -gt 0 ] || fail 3 "the input '$2' has no file like $3, but:$(cd "$4" && printf ' %s' *)" 13
    [ "$count" -eq 1 ] || fail 3 "the input '$2' has $count such files:$names. Put 'Pick files' before it." 13
    plainly "${found##*/}"
  else
    # a file of another catalog's component, which has no ending
    found=$4 ending=${3%% *}
    ending=${ending#\*}
    case $ending:$(od -An -N2 -tx1 "$4" | tr -d ' \n') in
      *.gz:1f8b) ;;
      *.gz:*) ending=${ending%.gz} ;;
    esac
    plainly "$1$ending"
  fi
  copy "$found" "$place/$plain"
  stem=${plain%.gz}
  stem=${stem%.*}
  eval "v_$1=\$place/\$plain v_$1_stem=\$stem"
}
# title, rule, value
check() {
  case $2 in
    \|*)
      case $2 in
        *"|$3|"*) return ;;
      esac
      allowed=${2#\|}
      ;;
    number)
      case $3 in
        *[!0-9.eE+-]*) allowed='a number' ;;
        *) return ;;
      esac
      ;;
    integer)
      case $3 in
        *[!0-9-]*) allowed='a whole number' ;;
        *) return ;;
      esac
      ;;
    *) return ;;
  esac
  fail 6 "'$1' is '$3', which is not one of: ${allowed%\|}" 2
}
make_workdir
v_here=$work/out
outputs=0
left=$#
while [ "$left" -gt 0 ]; do
  case $1 in
    tool) use "$2" "$3" && used=3 ;;
    in) pick "$2" "$3" "$4" "$5" && used=5 ;;
    env)
      fill "$3"
      export "$2=$filled"
      used=3
      ;;
    word)
      fill "$2"
      set -- "$@" "$filled"
      used=2
      ;;
    flag)
      case $3 in [Tt]rue | 1) set -- "$@" "$2" ;; esac
      used=3
      ;;
    option)
      if [ -n "$5" ]; then
        check "$3" "$4" "$5"
        case $2 in
          '') set -- "$@" "$5" ;;
          *=) set -- "$@" "$2$5" ;;
          *) set -- "$@" "$2" "$5" ;;
        esac
      fi
      used=5
      ;;
    list)
      if [ -n "$4" ]; then
        [ -z "$2" ] || set -- "$@" "$2"
        set -f
        for word in $4; do
          check "$3" text "$word"
          set -- "$@" "$word"
        done
        set +f
      fi
      used=4
      ;;
    file)
      if [ -n "$4" ]; then
        [ -f "$4" ] || fail 3 "'$3' is '$4', and there is no such file. Mount its volume." 13
        plainly "${4##*/}"
        mkdir -p "$work/in/files"
        copy "$4" "$work/in/files/$plain"
        case $2 in
          \$*) export "${2#\$}=$work/in/files/$plain" ;;
          *=) set -- "$@" "$2$work/in/files/$plain" ;;
          *) set -- "$@" "$2" "$work/in/files/$plain" ;;
        esac
      fi
      used=4
      ;;
    folder)
      [ -d "$4" ] || fail 3 "'$3' is '$4', and there is no such folder. Mount its volume." 13
      export APPTAINER_BINDPATH="${APPTAINER_BINDPATH:-/data,/mnt,/neurodesktop-storage,/tmp,/cvmfs},$4"
      [ -z "$2" ] || set -- "$@" "$2"
      set -- "$@" "$4"
      used=4
      ;;
    more)
      printf %s "$2" | xargs -n1 printf '%s\n' >"$work/more" || fail 6 "a quote is not closed: $2" 2
      while [ -n "$2" ] && IFS= read -r word; do
        set -- "$@" "$word"
      done <"$work/more"
      used=2
      ;;
    out)
      outputs=$((outputs + 1))
      fill "$3"
      eval "title_$outputs=\$2 pattern_$outputs=\$filled path_$outputs=\$4"
      used=4
      ;;
    *) fail 9 "unknown instruction $1" 2 ;;
  esac
  shift "$used"
  left=$((left - used))
done
bind
command -v "$1" >/dev/null || fail 2 "the image has no command $1." 12
say "$*"
status=0
"$@" </dev/null || status=$?
[ "$status" -eq 0 ] || fail 4 "$1 failed with exit status $status; its messages are above." "$status"
number=0
while [ "$number" -lt "$outputs" ]; do
  number=$((number + 1))
  eval "title=\$title_$number pattern=\$pattern_$number path=\$path_$number"
  names=
  for file in $pattern; do
    [ -e "$file" ] || continue
    mkdir -p "$path"
    copy "$file" "$path/"
    names="$names $file"
  done
  case $title:$names in
    \?*: | \?*) ;;
    *:) fail 7 "$1 finished successfully but left no '$title' ($pattern)." 14 ;;
  esac
  say "${title#\?}:${names:- none}"
done
