# Two targets for everyone: `make demo` and `make test`. Both need python3 >= 3.11 with venv, nothing else.
# For development: `make unit` (the fast loop), and `make test-all` (before a release, after `make test`).

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# one worker per core; tests of a file stay together (tests/conftest.py); long files are collected first, keep that order
PYTEST := $(BIN)/python -m pytest --durations 25 --numprocesses logical --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-all cluster-tools lint types unit goldens clean

demo: $(VENV)/.demo
	$(BIN)/python examples/demo/run.py

test: lint types
	$(PYTEST) -m "not slow"

# the rest: with `make test` every case has run. tests/cluster needs `make cluster-tools` first, or is skipped
test-all: $(VENV)/.test
	$(PYTEST) -m slow

# etcd, Kubernetes, containerd, Argo and images for tests/cluster, into ~/.cache; needs Go 1.26, images need root
cluster-tools: $(VENV)/.test
	$(BIN)/python -m tests.cluster.build

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/dependencies.py

types: $(VENV)/.test
	$(BIN)/mypy

unit: $(VENV)/.test
	$(PYTEST) tests/golden tests/safety tests/unit

# rewrites tests/golden/files; look at what `git diff` says of it
goldens: $(VENV)/.test
	UPDATE_GOLDENS=1 $(BIN)/python -m pytest tests/golden

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: $(PYTHON) is older than 3.11; name a newer one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "make: no virtual environment: install your system's package python3-venv" >&2; exit 1; }
	@# pip 23, which Debian 12 has, can search for hours among the versions that Elyra allows
	@$@ -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25'

$(VENV)/.demo: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	touch $@

$(VENV)/.test: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,demo]'
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) demo-results build *.egg-info
