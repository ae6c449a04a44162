# Objects as an output. Arguments: objects, output.
mkdir -p "$2"
set -f
for name in $1; do
  object_of "$name"
  fetch_object "$2/${object##*/}"
done
