# Files of several steps in one folder. Arguments: output, then the inputs.
output=$1
shift
mkdir -p "$output"
for folder in "$@"; do
  [ -d "$folder" ] || fail 3 "an input is not a folder of files." 13
  twice=$(cd "$folder" && find . -type f | while IFS= read -r file; do
    [ ! -e "$output/$file" ] || printf '%s ' "$file"
  done)
  [ -z "$twice" ] || fail 8 "two inputs have files of one name: $twice" 15
  copy_all "$folder" "$output"
done
