# An R script: `system` returns a status that nobody looks at, and `bet` is not even there.
#
# expect: {"guard": "ND-GUARD-002", "names": "bet", "check": {"code": "ND-CHECK-201", "line": 7}}

subjects <- c("sub-01", "sub-02")
for (subject in subjects) {
  system(sprintf("bet %s_T1w.nii.gz %s_brain.nii.gz", subject, subject))
}
writeLines("all brains extracted", "done.txt")
