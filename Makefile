# `make` lists what can be done; everything runs in the virtual environment that it sets up itself.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
# A file's tests stay together, for they may share a local stack. Files come in their order, not
# by how many tests they have: long files of few tests would be left to one process at the end.
ALL_TESTS := $(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Set up, then show callbacks of every platform become events on this machine
	@$(BIN)/commerce-hooks local demo

up: $(VENV)/.run ## Start the local stack and leave it running (`make down` stops it)
	@$(BIN)/commerce-hooks local up

down: $(VENV)/.run ## Stop the local stack
	@$(BIN)/commerce-hooks local down

setup: $(VENV)/.dev ## Set up only: everything that running, testing and building needs

# With `MEASURE=1` what runs on Lambda has to be covered whole, lines and branches, by the tests
# that are about it. The others are not slowed down by counting.
HEAVY = tests/contract/test_probes.py tests/integration/test_adding_a_platform.py
MEASURED = $(addprefix tests/, worlds integration contract cenit template unit)
# Long files first, so that none is left over at the end.
OTHERS = tests/local $(HEAVY) $(filter-out tests/local $(MEASURED), $(patsubst %/, %, $(sort $(dir $(wildcard tests/*/test_*.py)))))
test: $(VENV)/.dev ## Set up, then run all tests
ifdef MEASURE
	@EXAMPLES=40 $(ALL_TESTS) $(HEAVY:%=--ignore=%) --cov=shared --cov=functions --cov-report= $(MEASURED)
	@$(BIN)/coverage report --fail-under=100
	@$(ALL_TESTS) $(OTHERS)
else
	@$(ALL_TESTS)
endif

probe: $(VENV)/.dev ## Send every sample and hostile requests to a local stack of its own
	@PYTHONPATH=tests $(BIN)/python -m probe

LOAD_SECONDS ?= 20
LOAD_CONNECTIONS ?= 4
load: $(VENV)/.dev ## Load a local stack of its own, for LOAD_SECONDS over LOAD_CONNECTIONS (at most 8)
	@PYTHONPATH=tests $(BIN)/python -m load --seconds $(LOAD_SECONDS) --connections $(LOAD_CONNECTIONS)

# Another run each time; the same one again with the seed that it printed.
FAULT_CALLBACKS ?= 10000
FAULT_SEED ?=
fault: $(VENV)/.dev ## Let every service fail while FAULT_CALLBACKS come, and show that none is lost
	@PYTHONPATH=tests $(BIN)/python -m fault --callbacks $(FAULT_CALLBACKS) $(FAULT_SEED:%=--seed %)

WORLDS ?= 3000
WORLDS_SEED ?= 0
worlds: $(VENV)/.dev ## Let WORLDS generated worlds of subscriptions converge, with calls that fail
	@PYTHONPATH=tests $(BIN)/python -m worlds --worlds $(WORLDS) --seed $(WORLDS_SEED)

FUZZ_SECONDS ?= 30
fuzz: $(VENV)/.dev ## Fuzz all that reads a sender's bytes, for FUZZ_SECONDS (Linux on x86-64)
	@PYTHONPATH=tests $(BIN)/python tests/fuzz/harness.py $(VENV)/fuzz -max_total_time=$(FUZZ_SECONDS) \
	  -verbosity=0 -print_final_stats=1

check: static ## All that must hold: format, lint, types, template, pins, picture; all tests, with coverage
	@$(MAKE) --no-print-directory test MEASURE=1

static: format-check lint types complete template-check requirements-check picture-check ## What can be checked without the tests


complete: $(VENV)/.dev ## Check that no platform is half added, and what is missing
	@$(BIN)/pytest --quiet tests/unit/test_platforms_are_complete.py

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix-only --quiet

format-check: $(VENV)/.dev
	@$(BIN)/ruff format --check

lint: $(VENV)/.dev ## Lint code and words
	@$(BIN)/ruff check
	@$(BIN)/codespell

types: $(VENV)/.dev ## Check the types
	@$(BIN)/mypy

template-check: $(VENV)/.dev ## Validate the SAM template
	@PATH="$(CURDIR)/$(BIN):$$PATH" AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 $(BIN)/sam validate --lint

build: $(VENV)/.dev ## Build the layer and the functions with SAM
	@PATH="$(CURDIR)/$(BIN):$$PATH" AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 $(BIN)/sam build

# Development first: its tools pin the most. The others follow, so all environments agree.
PINNED = $(UV) pip compile --quiet --generate-hashes --no-emit-index-url --no-header
COMPILE = $(PINNED) --universal --python-version 3.11
# Lambda's runtime, not the host: pip would judge markers by the host's Python.
LAYER_COMPILE = $(PINNED) --python-version 3.13 --python-platform aarch64-manylinux2014
PINS = requirements/dev.txt requirements/run.txt requirements/bootstrap.txt shared/requirements.txt
OUT = .
requirements: $(VENV)/.dev ## Compile the pinned, hashed requirements anew
	@$(COMPILE) $(UPGRADE) requirements/dev.in -o $(OUT)/requirements/dev.txt
	@$(COMPILE) requirements/run.in -c requirements/dev.txt -o $(OUT)/requirements/run.txt
	@$(COMPILE) requirements/bootstrap.in -c requirements/dev.txt -o $(OUT)/requirements/bootstrap.txt
	@$(LAYER_COMPILE) shared/requirements.in -c requirements/dev.txt -o $(OUT)/shared/requirements.txt

upgrade: UPGRADE := --upgrade
upgrade: requirements ## The same, taking the newest versions

requirements-check: $(VENV)/.dev
	@mkdir -p $(VENV)/pins/requirements $(VENV)/pins/shared
	@for pin in $(PINS); do cp $$pin $(VENV)/pins/$$pin; done
	@$(MAKE) --no-print-directory requirements OUT=$(VENV)/pins
	@for pin in $(PINS); do cmp -s $$pin $(VENV)/pins/$$pin || \
	  { echo "$$pin is out of date: run 'make requirements' and commit what it writes."; exit 1; }; done

DRAW = $(BIN)/commerce-hooks local demo --fixed --svg $(VENV)/demo.svg > /dev/null
picture: $(VENV)/.run ## Draw the README's picture of the demo anew
	@$(DRAW)
	@mv $(VENV)/demo.svg docs/demo.svg

picture-check: $(VENV)/.run
	@$(DRAW)
	@cmp -s $(VENV)/demo.svg docs/demo.svg || \
	  { echo "The README's picture is out of date: run 'make picture' and commit what it draws."; exit 1; }

clean: ## Remove what was set up or built
	rm -rf .venv* .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

$(UV): requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 ...")'
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $(UV)

INSTALL = VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(UV) pip install --quiet
$(VENV)/.run: $(UV) requirements/run.txt pyproject.toml
	@$(INSTALL) --require-hashes -r requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: help run up down setup test probe load fault worlds fuzz check static complete format format-check lint types template-check \
  build requirements upgrade requirements-check picture picture-check clean
