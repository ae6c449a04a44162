# The run's object store: a directory of this machine, or S3 through curl, which takes its credentials from a pipe.
endpoint=${NEURODESK_STORE_ENDPOINT:-} directory=${NEURODESK_STORE_DIRECTORY:-} bucket=${NEURODESK_STORE_BUCKET:-}
top=${NEURODESK_STORE_PREFIX:-}/${ELYRA_RUN_NAME:-}
[ -n "$endpoint$directory" ] && [ -n "${ELYRA_RUN_NAME:-}" ] ||
  fail 6 "the run's object store is not known: submit with a Neurodesk runtime configuration." 13
# name below the run's directory: gives object
object_of() {
  case $1 in
    *[!A-Za-z0-9._/-]* | '' | /* | *..*)
      fail 6 "'$1' is not the name of an object: letters, digits and . _ - / only, not beginning with /." 2
      ;;
  esac
  object=$top/$1
}
fetch_object() {
  if [ -n "$directory" ]; then
    cp "$directory/$bucket/$object" "$1" || fail 3 "$object in $directory/$bucket cannot be read." 13
    say "$object"
  else
    transfer -o "$1"
  fi
}
store_object() {
  if [ -n "$directory" ]; then
    # again, for a backend that starts removes what looks like the leftovers of a crash
    keep "$1" || keep "$1" || fail 3 "$object in $directory/$bucket cannot be written." 15
    say "$object"
  else
    transfer -T "$1"
  fi
}
# as elyra_neurodesk/storage/directory.py does: another name, compared, synced, renamed
keep() {
  target=$directory/$bucket/$object
  mkdir -p "${target%/*}" || return
  part=${target%/*}/.elyra-neurodesk-part-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  if cp "$1" "$part" && cmp "$1" "$part" && { sync "$part" || sync; } && mv "$part" "$target"; then
    sync "${target%/*}" || sync
  else
    rm -f "$part"
    return 1
  fi
}
transfer() {
  printf '%s' "${AWS_ACCESS_KEY_ID:-}:${AWS_SECRET_ACCESS_KEY:-}" |
    sed 's/[\\"]/\\&/g;s/^/user="/;s/$/"/' |
    curl -K - -sSf --retry 4 --retry-connrefused --connect-timeout 5 --path-as-is \
      --aws-sigv4 "aws:amz:${AWS_REGION:-us-east-1}:s3" "$@" "${endpoint%/}/$bucket/$object" ||
    fail 3 "$object in bucket $bucket at $endpoint cannot be transferred; curl says why above." 13
  say "$object"
}
