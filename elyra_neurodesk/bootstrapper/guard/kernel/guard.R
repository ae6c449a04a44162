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

  # Is `call` a statement of its own somewhere in these expressions, so that nothing gets its result?
  dropped <- function(call, expressions) {
    for (expression in as.list(expressions)) {
      if (identical(expression, call)) return(TRUE)
      if (is.call(expression)) {
        head <- as.character(expression[[1]])[1]
        inner <- switch(head,
          "invisible" = as.list(expression)[2],
          "{" = as.list(expression)[-1],
          "if" = as.list(expression)[-(1:2)],
          "for" = as.list(expression)[4],
          "while" = as.list(expression)[3],
          "<-" = , "=" = if (is.call(expression[[3]]) && identical(expression[[3]][[1]], quote(`function`)))
            as.list(expression[[3]][[3]])[-1],
          NULL)
        if (length(inner) && dropped(call, inner)) return(TRUE)
      }
    }
    FALSE
  }

  is_dropped <- function(call) {
    if (is.na(file)) return(FALSE)
    if (is.null(script)) script <<- parse(file, keep.source = FALSE)
    dropped(call, script)
  }

  asks <- "(^|[|;&] *)(grep|egrep|test|\\[|diff|cmp|which|command|expr|pgrep)( |$)"

  look <- function(value, command, call, caller) {
    status <- if (is.character(value)) attr(value, "status") else if (is.numeric(value)) value
    if (length(status) != 1 || is.na(status) || status == 0 || status == 141) return(NULL)
    if (status == 1 && grepl(asks, command)) return(NULL)
    if (!identical(topenv(caller), globalenv())) return(NULL)
    alone <- is_dropped(call)
    line <- gsub("[\r\n\t\x1f]", " ", paste(command, collapse = " "))
    cat(paste(if (alone) "rdropped" else "r", Sys.getenv("NEURODESK_GUARD_CALL"), status, 0,
              substr(line, 1, 400), if (is.na(file)) "R" else file, sep = "\x1f"),
        "\n", sep = "", file = notes, append = TRUE)
    if (!alone || Sys.getenv("NEURODESK_GUARD") != "error") return(NULL)
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
