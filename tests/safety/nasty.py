"""Values that have broken programs."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# a few dozen each: a build takes 30 ms
bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)

PIECES = (
    "'", '"', "'''", '"""', "\\", "\\n", "\n", "\r\n", "\t", "$(touch /tmp/x)", "$(HOME)", "$$", "$",
    "${HOME}", "`id`", "{", "}", "{{", "}}", "{{$}}", "{{$.pipeline_job_uuid}}",
    "{{$.inputs.parameters['task']}}", "{{workflow.uid}}", "{{=1+1}}", "{%", "#{x}", "%s", "; rm -rf /;",
    "&&", "|", "\x00", "\x1b[31m", "\x7f", "é", "日本", "😀", "\u202e", "\u200f", "\u2028", "\ufeff",
    "\ud800", "\udcff", "..", "../", "/", "~", "*", "?", "[", "-", "--", "a", "A", "0", " ", ":", ",", "=",
    "<!--", "&amp;", "null", "true", "1e999", "!!python/object:x", "&a", "*a", "@", "# c", "---\n", "|\n",
    "a" * 300,
)  # fmt: skip

SAMPLES = (
    "",
    "plain",
    'it\'s "quoted" \\ and `ticked`',
    "line one\nline two\r\n\ttabbed",
    "a$b $5 ${HOME} $(no command) $",
    "$(AWS_SECRET_ACCESS_KEY) $$ $(HOME)",
    "{{$.pipeline_job_uuid}}",
    "{{workflow.uid}} {{=1+1}} {{inputs.parameters.task}}",
    '"""\nimport os\nos.system("touch canary")\n"""',
    "\u202eright to left\u202c \u200f",
    "日本語 😀 é e\u0301",
    "nul\0byte",
    "half \ud800 pair",
    "yes",
    "0123",
    "1.0",
    "- a: b",
    "x" * 5000,
)

nasty = st.one_of(
    st.sampled_from(SAMPLES),
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.text(alphabet=st.characters(), max_size=20),
)
nasty_text = nasty.filter(bool)
# near what Kubernetes takes, so that both sides of its rules are met
wordish = st.one_of(
    nasty, st.text("abzABZ019-._/: @", min_size=1, max_size=70), st.sampled_from(["a", "a.b/c-d_e"])
)
