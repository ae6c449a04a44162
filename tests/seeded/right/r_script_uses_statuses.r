# An R script whose statuses are used, in more ways than one.

check <- function(subject) system(paste0("test -f ", subject, "_T1w.nii.gz"))
codes <- sapply(c("sub-01", "sub-04"), check)
cat("missing:", names(codes)[codes != 0], "\n")
run <- function(command) {
  status <- system(command)
  if (status != 0) warning("failed: ", command)
  invisible(status)
}
run("cp sub-04_T1w.nii.gz copy.nii.gz")
stopifnot(system2("test", c("-f", "sub-01_T1w.nii.gz")) == 0)
