# Works on a fresh machine with Python >= 3.11 and make: .venv is made when it is missing or out of date.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
	if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info < (3,15))' 2>/dev/null; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo up test check rows bench soak clean

$(STAMP): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 is needed and was not found; install it or say make PYTHON=/path/to/python"; exit 1; }
	@echo "Installing into $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@$(BIN)/pip check --quiet --disable-pip-version-check
	@touch $(STAMP)

demo: $(STAMP)      ## twelve persons enter a CRM; ends with "12 of 12 as the manifest says"
	@$(BIN)/python -m so_sandbox.demo

up: $(STAMP)        ## the same, left running, with addresses
	@$(BIN)/python -m so_sandbox.demo --stay

test: $(STAMP)      ## every test
	@$(BIN)/python -m tests.run

check: $(STAMP)     ## format, lint, types, architecture, known vulnerabilities
	@$(BIN)/ruff format --check src sandbox tests examples
	@$(BIN)/ruff check src sandbox tests examples
	@$(BIN)/mypy
	@$(BIN)/python -m tests.typed
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.audit

rows: $(STAMP)      ## each row of tests/rows.csv with its test, or open
	@$(BIN)/python -m tests.rows

bench: $(STAMP)     ## the figures of docs/performance.md
	@$(BIN)/python -m tests.bench

soak: $(STAMP)      ## half an hour of kills, forgeries and faults, and the seeded bugs
	@$(BIN)/python -m tests.chaos --all

clean:
	@rm -rf $(VENV) .so-privacy .so-sandbox build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov bench.json
