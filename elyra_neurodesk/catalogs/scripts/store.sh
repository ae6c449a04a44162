# The run's object store, through curl, which takes its credentials from a pipe.
endpoint=${NEURODESK_STORE_ENDPOINT:-} bucket=${NEURODESK_STORE_BUCKET:-}
top=${NEURODESK_STORE_PREFIX:-}/${ELYRA_RUN_NAME:-}
[ -n "$endpoint" ] && [ -n "${ELYRA_RUN_NAME:-}" ] ||
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
transfer() {
  printf '%s' "${AWS_ACCESS_KEY_ID:-}:${AWS_SECRET_ACCESS_KEY:-}" |
    sed 's/[\\"]/\\&/g;s/^/user="/;s/$/"/' |
    curl -K - -sSf --retry 4 --retry-connrefused --connect-timeout 5 --path-as-is \
      --aws-sigv4 "aws:amz:${AWS_REGION:-us-east-1}:s3" "$@" "${endpoint%/}/$bucket/$object" ||
    fail 3 "$object in bucket $bucket at $endpoint cannot be transferred; curl says why above." 13
  say "$object"
}
