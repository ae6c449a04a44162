"""Makes one notebook's HTML when it is imported: templates and lexers are then in memory, for every fork."""

from __future__ import annotations

import nbformat.v4
from nbconvert.exporters.html import HTMLExporter

HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))
