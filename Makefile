# Retinue's everyday commands. `make` alone lists them.
#
# Everything runs in a virtual environment in .venv, made from requirements.lock on first use and
# again whenever that file or pyproject.toml changes. Two settings, both optional:
#   make test PYTHON=python3.13               the interpreter to build the environment with
#   make test VENV=.venv-3.13 PYTHON=...      a second environment beside the first

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo validate test lint faults bench coverage schema lock venv clean

VENV ?= .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN := $(BIN)/python -X utf8
READY := $(VENV)/.ready

# The first of these that runs, is 3.11 or newer and can make a virtual environment is used.
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python)
PROBE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

# Suites that take minutes: left out of `make test`, run by `make faults`.
LONG := tests/faults tests/property
# The version of uv that writes the lock file; only `make lock` needs it.
UV := uv==0.13.8

help:
	@echo "make demo      validate, plan and apply the example on the embedded platform"
	@echo "make validate  check the example's manifests, offline"
	@echo "make test      format, lint, type and import checks, then the tests"
	@echo "make lint      the checks alone"
	@echo "make faults    the long suites: $(LONG)"
	@echo "make bench     the measurements in bench/"
	@echo "make coverage  the tests, with a report of the lines that none reaches"
	@echo "make schema    write schemas/ anew from the code"
	@echo "make lock      write requirements.lock anew"
	@echo "make clean     remove environments, caches and the example's .retinue/"

demo: $(READY)
	@echo
	@echo "== validate: are the manifests in assistants/ right? (offline)"
	$(BIN)/retinue validate
	@echo
	@echo "== plan: what would change on the platform?"
	$(BIN)/retinue plan
	@echo
	@echo "== apply: make it so"
	$(BIN)/retinue apply --auto-approve
	@echo
	@echo "== plan again: is anything left to do?"
	$(BIN)/retinue plan

validate: $(READY)
	$(BIN)/retinue validate

test: lint
	$(RUN) -m pytest -n auto $(LONG:%=--ignore=%)

lint: $(READY)
	$(RUN) -m ruff format --check
	$(RUN) -m ruff check
	$(RUN) -m mypy
	$(BIN)/lint-imports --no-logo

faults: $(READY)
	$(if $(wildcard $(LONG)),$(RUN) -m pytest -n auto $(wildcard $(LONG)),@echo "There are no long suites yet.")

bench: $(READY)
	@for script in bench/*.py; do \
	  test -f "$$script" || { echo "There are no measurements yet."; break; }; \
	  echo "== $$script"; $(RUN) "$$script" || exit 1; \
	done

coverage: $(READY)
	$(RUN) -m pytest -n auto --cov $(LONG:%=--ignore=%)

schema: $(READY)
	$(RUN) -c "from pathlib import Path; from retinue.cli.schemas import write_schemas; write_schemas(Path('schemas'))"

lock: $(READY)
	$(BIN)/python -m venv $(VENV)/uv
	$(VENV)/uv/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(VENV)/uv/$(notdir $(BIN))/uv pip compile pyproject.toml --group dev --quiet --upgrade \
	  --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-emit-index-url --no-emit-find-links --output-file requirements.lock

venv: $(READY)

$(READY): pyproject.toml requirements.lock
	@chosen=; for candidate in $(PYTHONS); do \
	  if "$$candidate" -c '$(PROBE)' >/dev/null 2>&1; then chosen="$$candidate"; break; fi; \
	done; \
	if test -z "$$chosen"; then \
	  echo "Retinue needs Python 3.11 or newer with its venv module; none of these is:" >&2; \
	  for candidate in $(PYTHONS); do \
	    echo "  $$candidate: $$("$$candidate" --version 2>&1 | head -n 1)" >&2; \
	  done; \
	  echo "Install one (on Debian and Ubuntu also its -venv package), or say" >&2; \
	  echo "which to use: make $(or $(firstword $(MAKECMDGOALS)),venv) PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$chosen" --version) (once, about a minute)"; \
	rm -rf "$(VENV)" && "$$chosen" -m venv "$(VENV)"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch "$@"

clean:
	rm -rf .venv .venv-* .retinue dist build .coverage .coverage.* htmlcov
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
