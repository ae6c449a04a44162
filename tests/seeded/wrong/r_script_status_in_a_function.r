# An R script: a function runs commands and returns nothing of them.
#
# expect: {"guard": "ND-GUARD-002", "names": "cp"}

copy <- function(subject) {
  system(paste0("cp ", subject, "_T1w.nii.gz ", subject, "_copy.nii.gz"))
  subject
}
for (subject in c("sub-01", "sub-04")) copy(subject)
cat("copied\n")
