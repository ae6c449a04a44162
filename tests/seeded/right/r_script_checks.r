# An R script that looks at every status.

if (system("grep -q sub-99 participants.tsv") != 0) {
  writeLines("sub-99 is not in the study", "answer.txt")
}
message("a message is no failure")
caught <- tryCatch(stop("caught"), error = function(problem) "handled")
cat(caught, "\n")
