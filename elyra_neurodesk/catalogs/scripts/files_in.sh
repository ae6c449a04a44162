# Files of a mounted volume as an output. Arguments: path or pattern, output.
case $1 in /*) ;; *) fail 6 "the path '$1' does not begin with /." 2 ;; esac
IFS=
count=0
for file in $1; do
  [ -e "$file" ] || continue
  count=$((count + 1))
  mkdir -p "$2"
  if [ -d "$file" ]; then copy_all "$file" "$2"; else copy "$file" "$2/"; fi
  say "$file"
done
[ "$count" -gt 0 ] || fail 3 "there is nothing at '$1'. Mount its volume (Data Volumes of the node)." 13
