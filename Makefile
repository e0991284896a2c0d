# What a newcomer runs: `make demo`, `make test`. Everything else is in CONTRIBUTING.md.
SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
PORT ?= 8080
ONLY ?=

.PHONY: demo demo-down test soak versions check unit install bench lock base-lock

demo: install ## the product shown on a local three-node cluster
	@$(PYTHON) -m demo up --port $(PORT)

demo-down: $(VENV)/ready ## remove what the demo made
	@$(PYTHON) -m demo down

test: ## everything: lint, types, layers, unit, contract and end-to-end tests
	@bash tests/run

soak: install ## the long repetitions of which `make test` has a sample
	@$(PYTHON) -m pytest -m soak tests/shell

check: $(VENV)/ready ## format, lint, types and layers
	@bash tests/check

unit: $(VENV)/ready ## the tests that need no engine
	@$(PYTHON) -m pytest -q -m "not clone" tests/core tests/repo

versions: install ## a fleet from one WordPress to the newest in Debian and back; then its whole suite on the newest
	@$(PYTHON) -m pytest tests/e2e/wordpress/test_wp_versions.py
	@WPAAS_TEST_WORDPRESS=newest $(PYTHON) -m pytest --ignore tests/e2e/wordpress/test_wp_versions.py tests/e2e/wordpress

bench: install ## the published figures, side by side with a peer
	@$(PYTHON) -m benchmarks $(if $(ONLY),--only $(ONLY))

install: ## what the machine lacks: engine, Python packages; WPAAS_TESTS=1: what tests need too
	@bash deploy/local/install.sh
	@$(MAKE) --silent $(VENV)/ready

$(VENV)/ready: requirements.lock pyproject.toml
	@python3 -m venv $(VENV)
	@$(VENV)/bin/pip install -qq --require-hashes --requirement requirements.lock
	@$(VENV)/bin/pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

base-lock: $(VENV)/ready ## lock the base image's Debian packages at what the mirrors have now
	@$(VENV)/bin/wpaas image refresh

lock: ## pin every dependency again, with hashes and no index
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --extra dev --python-version 3.11 pyproject.toml --output-file requirements.lock
