# An output as files in a mounted volume. Arguments: folder, what to do with files that are there, files.
case $1 in /*) ;; *) fail 6 "the folder '$1' does not begin with /." 2 ;; esac
case $2 in replace | keep | stop) ;; *) fail 6 "'If a file is there' is '$2', not replace, keep or stop." 2 ;; esac
[ -e "$3" ] || fail 3 "the input 'Files' is empty: the step before left nothing." 13
mkdir -p "$1" || fail 5 "the folder '$1' cannot be made." 15
if [ -d "$3" ]; then cd "$3"; else cd "${3%/*}"; fi || fail 3 "$3 cannot be read." 13
if [ -d "$3" ]; then what=.; else what=./${3##*/}; fi
find "$what" -type f | while IFS= read -r file; do
  target=$1/${file#./}
  if [ -e "$target" ]; then
    [ "$2" != stop ] || fail 8 "'$target' is there already." 15
    [ "$2" != keep ] || continue
  fi
  mkdir -p "${target%/*}"
  copy "$file" "$target"
  say "$target"
done
