# Everything is run from here. Needed on the machine: make and Python 3.11 or newer with pip.
#
#   make run        serve the CRM with two demo agencies on 127.0.0.1:8000 (PORT=... changes it)
#   make test       all tests                        make lint       ruff
#   make stress     the long versions of the tests   make types      mypy
#   make bench      the benchmarks                   make contracts  import-linter
#   make clean      stop the servers; remove the environment and caches, keep the data
#   make clean-data remove the embedded servers' data as well
#   make pins       pin the newest versions in requirements*.txt (needs pip-tools)

PYTHON  ?= python3
WORKERS ?= 2
PORT    ?= 8000
# More arguments for pytest: make test ARGS="-k guard -x"
ARGS    ?=

VENV := .venv
PY   := $(VENV)/bin/python
RUN  := $(VENV)/.installed
DEV  := $(VENV)/.installed-dev

# Nothing of the caller's Python set-up may leak into the pinned environment.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PORT
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test bench stress lint types contracts venv clean clean-data pins

help:
	@sed -n 's/^#   //p' Makefile

run: $(RUN)
	@exec $(PY) -m konecty_crm.run

test: $(DEV)
	$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

stress: $(DEV)
	$(PY) -m pytest -n $(WORKERS) --dist loadgroup -m "stress or not stress" --stress \
		tests/attacks tests/integration $(ARGS)

bench: $(DEV)
	$(PY) -m tests.benchmarks

lint: $(DEV)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(DEV)
	$(PY) -m mypy tenancy audit konecty_crm/embedded

contracts: $(DEV)
	$(PY) -c 'from importlinter.cli import lint_imports_command as check; check()'

venv: $(DEV)

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; found: $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name one with: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@# Debian splits ensurepip off Python: then the machine's pip installs into the environment.
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(VENV)

# Arguments: the requirement files. Hashes are required, so nothing unpinned can come in.
define install
	@if $(PY) -m pip --version >/dev/null 2>&1; then pip="$(PY) -m pip"; \
	else pip="$(PYTHON) -m pip --python $(PY)"; fi; \
	echo "Installing $(1)"; \
	$$pip install --quiet --require-hashes --only-binary :all: $(foreach file,$(1),-r $(file))
endef

$(RUN): requirements.txt | $(PY)
	$(call install,requirements.txt)
	@touch $@

$(DEV): requirements-dev.txt $(RUN)
	$(call install,requirements.txt requirements-dev.txt)
	@touch $@

clean:
	@if [ -x $(PY) ] && [ -e $(RUN) ] && [ -d var ]; then \
		$(PY) -m konecty_crm.embedded stop; $(PY) -m konecty_crm.embedded stop --fast; fi
	rm -rf $(VENV) .venv-django61 .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

clean-data: $(RUN)
	$(PY) -m konecty_crm.embedded remove
	$(PY) -m konecty_crm.embedded remove --fast

PIN := pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options

pins:
	$(PIN) -o requirements.txt requirements.in
	$(PIN) -o requirements-dev.txt requirements-dev.in
