"""Say what in a cluster keeps Neurodesk's tasks from running, and what mends it.

`diagnosis.diagnose` asks the cluster everything at once (`questions`), and gives the answers
(`ClusterEvidence`) to every check in `checks.CHECKS`: pure functions, so that each seeded fault of the tests
is data.
"""
