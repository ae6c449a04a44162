# Read by every bash of the task that runs a script or a command (BASH_ENV), and by a bash kernel's shell.
# It sets no option that changes what a script does: -E only lets functions and subshells inherit the trap.
# Nothing is printed; what is seen goes to the file of notes, see notes.py.

if [[ -n ${NEURODESK_GUARD_NOTES-} && -z ${__neurodesk_guard-} ]]; then
  __neurodesk_guard=on
  __neurodesk_notes=0
  __neurodesk_source=$0
  printf -v __neurodesk_arguments '%q ' "$@"
  if [[ -n ${BASH_EXECUTION_STRING-} || $- == *i* || ${0##*/} == *bash || ! -f $0 ]]; then
    __neurodesk_source=bash # a command, or what stands on standard input
  elif [[ $0 != /* ]]; then
    __neurodesk_source=$PWD/$0
  fi

  __neurodesk_note() { # kind status line command arguments
    local command=${4//[$'\n\r\t\x1f']/ } arguments=${5-}
    (((__neurodesk_notes += 1) > 500)) && return
    arguments=${arguments//[$'\n\r\t\x1f']/ }
    printf '%s\x1f%s\x1f%d\x1f%d\x1f%s\x1f%s\x1f%d\x1f%d\x1f%s\n' "$1" "${NEURODESK_GUARD_CALL-}" "$2" "$3" \
      "${command:0:400}" "${__neurodesk_source//[$'\n\x1f']/ }" $$ "$PPID" "${arguments:0:400}" \
      2>/dev/null >>"$NEURODESK_GUARD_NOTES" || :
  }

  if [[ $0 == */containers/*/* && -z ${BASH_EXECUTION_STRING-} && -e ${0%/*}/commands.txt ]]; then
    # this shell is a Neurodesk wrapper: note how it ends, and let nothing of the guard into the container
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
      __neurodesk_note "$kind" "$1" 0 "$0" "$__neurodesk_arguments"
    }
    trap '{ __neurodesk_wrapper_ended "$?"; } 2>/dev/null' EXIT
    if [[ -n ${NEURODESK_GUARD_BASH_ENV-} ]]; then BASH_ENV=$NEURODESK_GUARD_BASH_ENV; else unset BASH_ENV; fi
    if [[ -n ${NEURODESK_GUARD_PYTHON-} && ${PYTHONPATH-} == "$NEURODESK_GUARD_PYTHON"* ]]; then
      PYTHONPATH=${PYTHONPATH#"$NEURODESK_GUARD_PYTHON"}
      PYTHONPATH=${PYTHONPATH#:}
      [[ -n $PYTHONPATH ]] || unset PYTHONPATH
    fi
  else
    # programs that other people wrote: of these only a missing command, a module or a tool is noted
    case $__neurodesk_source in
      /usr/* | /bin/* | /sbin/* | /lib* | /opt/* | /etc/* | /cvmfs/* | */site-packages/* | */envs/*/bin/* \
        | *conda*/bin/*) __neurodesk_own= ;;
      *) __neurodesk_own=yes ;;
    esac

    # bash calls ERR for what nothing handles: not in `if`, `while`, `!`, nor before `||` and `&&`
    __neurodesk_failed() { # status line command
      local word=${3%%[[:space:]]*} path
      # Lmod's own functions: what fails is the load
      case " ${FUNCNAME[*]:1} " in *' ml '* | *' module '*) return ;; esac
      case $3 in
        *'$__lmod'* | *'$LMOD_'*)
          __neurodesk_note failed "$1" "$2" module
          return
          ;;
      esac
      case $1 in
        126 | 127) __neurodesk_note failed "$1" "$2" "$3" ;;
        130 | 141) ;; # interrupted; the reader of a pipe had enough
        *)
          if [[ -n $__neurodesk_own ]]; then
            case $word in
              '[' | '[[' | '((' | test) ;;
              *) __neurodesk_note failed "$1" "$2" "$3" ;;
            esac
            return
          fi
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

    __neurodesk_ended() { # status
      [[ $__neurodesk_source == bash || -z $__neurodesk_own ]] \
        || __neurodesk_note ended "$1" 0 "$__neurodesk_source" "$__neurodesk_arguments"
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
    [[ $__neurodesk_source == bash ]] || trap '{ __neurodesk_ended "$?"; } 2>/dev/null' EXIT
  fi
fi

# what the user's own BASH_ENV says comes last and may replace all of it
if [[ -n ${NEURODESK_GUARD_BASH_ENV-} && $- != *i* && -r $NEURODESK_GUARD_BASH_ENV ]]; then
  source "$NEURODESK_GUARD_BASH_ENV"
fi
