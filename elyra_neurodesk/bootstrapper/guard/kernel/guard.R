# Read by every R of the task (R_PROFILE_USER). It reads the user's own profile first, as R would have
# (?Startup), then has system() and system2() note a command that failed. Where the script drops the result,
# a strict task stops there; what looks at the result, or belongs to a package, is left alone.

local({
  own <- Sys.getenv("NEURODESK_GUARD_R_PROFILE")
  if (!nzchar(own)) own <- if (file.exists(".Rprofile")) ".Rprofile" else path.expand("~/.Rprofile")
  if (file.exists(own)) sys.source(own, envir = globalenv())
})

local({
  notes <- Sys.getenv("NEURODESK_GUARD_NOTES")
  if (!nzchar(notes)) return(invisible())

  file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))[1]
  script <- NULL

  # The code that runs: the cell, which IRkernel has in a request, or the script.
  running <- function() {
    for (frame in sys.frames()) {
      request <- get0("request", envir = frame, inherits = FALSE)
      code <- if (is.list(request) && is.list(request$content)) request$content$code
      if (is.character(code)) return(parse(text = code, keep.source = FALSE))
    }
    if (is.na(file)) return(NULL)
    if (is.null(script)) script <<- parse(file, keep.source = FALSE)
    script
  }

  through <- c("invisible", "suppressWarnings", "suppressMessages", "(", "local", "try", "tryCatch", "print",
               "withCallingHandlers", "lapply", "sapply", "vapply", "Map", "mapply", "function")

  # What becomes of the value of `call` at each place where it stands: "dropped", "used", or "kept NAME".
  # `use` is what becomes of the value of `expression`.
  uses <- function(call, expression, use) {
    if (identical(expression, call)) return(use)
    if (!is.call(expression)) return(character())
    head <- as.character(expression[[1]])[1]
    parts <- as.list(expression)[-1]
    how <- rep("used", length(parts))
    if (head == "{") how <- c(rep("dropped", max(0, length(parts) - 1)), use)[seq_along(parts)]
    else if (head == "if") how <- c("used", use, use)[seq_along(parts)]
    else if (head %in% c("for", "while", "repeat")) how[length(parts)] <- "dropped"
    else if (head %in% c("<-", "=", "<<-") && is.symbol(parts[[1]])) {
      value <- parts[[2]]
      of_function <- is.call(value) && identical(value[[1]], quote(`function`))
      how[2] <- if (of_function) results_of(as.character(parts[[1]])) else paste("kept", parts[[1]])
    } else if (head %in% through) how[] <- use
    unlist(Map(function(part, how) uses(call, part, how), parts, how))
  }

  # What becomes of what a function of this name returns.
  results_of <- function(name) {
    calls <- list()
    collect <- function(expression) {
      if (is.symbol(expression) && identical(as.character(expression), name)) other <<- other + 1
      if (!is.call(expression)) return(NULL)
      if (identical(expression[[1]], as.name(name))) calls[[length(calls) + 1]] <<- expression
      else collect(expression[[1]])
      for (part in as.list(expression)[-1]) if (!missing(part)) collect(part)
    }
    other <- 0
    for (expression in as.list(running())) collect(expression)
    # the definition itself is one
    if (other != 1 || !length(calls)) return("used")
    found <- unlist(lapply(calls, function(call) {
      unlist(lapply(as.list(running()), function(expression) {
        if (is.call(expression) && identical(expression[[2]], as.name(name))) NULL
        else uses(call, expression, "dropped")
      }))
    }))
    if (length(found) && all(found == "dropped")) "dropped" else "used"
  }

  fate <- function(call) {
    found <- unlist(lapply(as.list(running()), function(expression) uses(call, expression, "dropped")))
    found <- unique(found)
    if (length(found) == 1) found else "used"
  }

  asks <- "(^|[|;&] *)(grep|egrep|test|\\[|diff|cmp|which|command|expr|pgrep)( |$)"
  often <- "^ *(ls|stat|file|find|rm|rmdir|mkdir|kill|pkill|git)( |$)"
  help <- "(^| )(--?help|--?version|--?usage)( |$)|^ *[^ ]+( +-[hHvV?])+ *$"

  is_harmless <- function(status, command) {
    if (status == 1 && grepl(asks, command)) return(TRUE)
    if (status %in% c(126, 127)) return(FALSE)
    alone <- !grepl(" ", trimws(command))
    if (alone && file.exists(file.path(dirname(Sys.which(trimws(command))), "commands.txt"))) return(TRUE)
    grepl(often, command) || ((status < 126 || status == 255) && grepl(help, command))
  }

  look <- function(value, command, call, caller) {
    status <- if (is.character(value)) attr(value, "status") else if (is.numeric(value)) value
    if (length(status) != 1 || is.na(status) || status == 0 || status == 141) return(NULL)
    line <- trimws(gsub("[\r\n\t\x1f]", " ", paste(command, collapse = " ")))
    if (is_harmless(status, line)) return(NULL)
    if (!identical(topenv(caller), globalenv())) return(NULL)
    attr(call, "srcref") <- NULL # where it stands, in code that keeps its source
    how <- try(fate(call), silent = TRUE)
    if (inherits(how, "try-error")) how <- "used"
    kind <- if (how == "dropped") "rdropped" else if (startsWith(how, "kept ")) "rkept" else "r"
    cat(paste(kind, Sys.getenv("NEURODESK_GUARD_CALL"), status, 0, substr(line, 1, 400),
              if (is.na(file)) "R" else file, "", "", sub("^kept ", "", how), sep = "\x1f"),
        "\n", sep = "", file = notes, append = TRUE)
    if (kind != "rdropped" || Sys.getenv("NEURODESK_GUARD") != "error") return(NULL)
    what <- if (status == 127) "was not found (exit status 127)" else paste("ended with exit status", status)
    paste0("ND-GUARD-002: `", line, "` ", what)
  }

  # the original is called by its own name, for that is what a warning of it shows
  watch <- function(name, words) {
    assign(name, get(name, envir = baseenv()))
    watched <- eval(substitute(function(...) {
      result <- withVisible(ORIGINAL(...))
      problem <- try(look(result$value, words(...), sys.call(), parent.frame()), silent = TRUE)
      if (is.character(problem) && !inherits(problem, "try-error")) stop(problem, call. = FALSE)
      if (result$visible) result$value else invisible(result$value)
    }, list(ORIGINAL = as.name(name))))
    unlockBinding(name, baseenv())
    assign(name, watched, envir = baseenv())
    lockBinding(name, baseenv())
  }

  try({
    watch("system", function(command, ...) command)
    watch("system2", function(command, args = character(), ...) c(command, args))
  }, silent = TRUE)
})
