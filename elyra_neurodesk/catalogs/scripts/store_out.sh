# Files as objects. Arguments: beginning of the objects' names, files.
if [ -d "$2" ]; then
  cd "$2" || fail 3 "$2 cannot be read." 13
  what=.
else
  cd "${2%/*}" || fail 3 "the input 'Files' is empty: the step before left nothing." 13
  what=./${2##*/}
fi
find "$what" -type f | while IFS= read -r file; do
  object_of "${1%/}/${file#./}"
  store_object "$file"
done
