#!/bin/sh
# What LMOD_CMD names in a script's task: calls the real Lmod, and notes a load that failed.
"$NEURODESK_GUARD_LMOD" "$@"
status=$?
if [ "$status" -ne 0 ]; then
  case " $* " in
    *" load "* | *" add "*)
      printf 'load\037%s\037%d\0370\037%s\037lmod\n' "${NEURODESK_GUARD_CALL-}" "$status" "${*#* load }" \
        2>/dev/null >>"$NEURODESK_GUARD_NOTES" || :
      ;;
  esac
fi
exit "$status"
