# Read by every bash of the task that runs a script or a command (BASH_ENV), and by a bash kernel's shell.
# It sets no option that changes what a script does: -E only lets functions and subshells inherit the trap.
# Nothing is printed; what is seen goes to the file of notes, see notes.py.

if [[ -n ${NEURODESK_GUARD_NOTES-} && -z ${__neurodesk_guard-} ]]; then
  __neurodesk_guard=on

  __neurodesk_note() { # kind status line command
    local command=${4//[$'\n\r\t\x1f']/ }
    printf '%s\x1f%s\x1f%d\x1f%d\x1f%s\x1f%s\n' "$1" "${NEURODESK_GUARD_CALL-}" "$2" "$3" \
      "${command:0:400}" "${0//[$'\n\x1f']/ }" 2>/dev/null >>"$NEURODESK_GUARD_NOTES" || :
  }

  if [[ $0 == */containers/*/* && -z ${BASH_EXECUTION_STRING-} && -e ${0%/*}/commands.txt ]]; then
    # this shell is a Neurodesk wrapper: note how it ends
    __neurodesk_wrapper_ended() { # status
      local kind=tool text='' name=${0%/*}
      name=${name##*/}
      IFS= read -r -d '' -n 8192 text <"$0" || :
      if [[ $text == *'This container was disabled due to a known bug or vulnerability'* ]]; then
        kind=retired
      elif [[ ! -e ${0%/*}/$name.simg && ! -e ${0%/*}/$name.sif ]]; then
        local line prints=yes
        while IFS= read -r line; do
          line=${line#"${line%%[![:space:]]*}"}
          case $line in '' | '#'* | 'echo '* | 'printf '* | 'exit 0') ;; *) prints=no ;; esac
        done <<<"$text"
        [[ $prints == yes ]] && kind=retired
      fi
      __neurodesk_note "$kind" "$1" 0 "$0"
    }
    trap '{ __neurodesk_wrapper_ended "$?"; } 2>/dev/null' EXIT
  else
    # bash calls ERR for what nothing handles: not in `if`, `while`, `!`, nor before `||` and `&&`
    __neurodesk_failed() { # status line command
      local word=${3%%[[:space:]]*} path
      case $1 in
        126 | 127) __neurodesk_note failed "$1" "$2" "$3" ;;
        130 | 141) ;; # interrupted; the reader of a pipe had enough
        *)
          case $word in
            module | ml | cd | pushd) __neurodesk_note failed "$1" "$2" "$3" ;;
            apptainer | singularity) __neurodesk_note failed "$1" "$2" "$3" ;;
            */*) path=$word ;;
            [A-Za-z0-9_.+-]*) path=${BASH_CMDS[$word]-} ;;
            *) path='' ;;
          esac
          if [[ ${path-} == */containers/*/* && -e ${path%/*}/commands.txt ]]; then
            __neurodesk_note failed "$1" "$2" "$3"
          fi
          ;;
      esac
    }

    if declare -F command_not_found_handle >/dev/null; then
      eval "__neurodesk_user_$(declare -f command_not_found_handle)"
    fi
    command_not_found_handle() { # bash runs it in a subshell
      { set +x; } 2>/dev/null
      { __neurodesk_note missing 127 "${BASH_LINENO[0]-0}" "$*"; } 2>/dev/null
      if declare -F __neurodesk_user_command_not_found_handle >/dev/null; then
        __neurodesk_user_command_not_found_handle "$@"
        return
      fi
      if [[ $- == *i* ]]; then
        printf '%s: %s: command not found\n' "${0##*/}" "$1" >&2
      else
        printf '%s: line %d: %s: command not found\n' "$0" "${BASH_LINENO[0]-0}" "$1" >&2
      fi
      return 127
    }

    set -E
    trap '{ __neurodesk_failed "$?" "${LINENO-0}" "$BASH_COMMAND"; } 2>/dev/null' ERR
  fi
fi

# what the user's own BASH_ENV says comes last and may replace all of it
if [[ -n ${NEURODESK_GUARD_BASH_ENV-} && $- != *i* && -r $NEURODESK_GUARD_BASH_ENV ]]; then
  source "$NEURODESK_GUARD_BASH_ENV"
fi
