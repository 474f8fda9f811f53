# Kith: `make run` and `make test` are all one needs. Both make the environment first.

SHELL := /bin/sh
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
IN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test test-long bench lint lock environment test-environment python

help: ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' $(MAKEFILE_LIST) | expand -t 18

run: environment ## Serve Kith on http://127.0.0.1:$PORT/ until Ctrl-C
	@KITH_ENDS_WITH_MAKE=true exec $(IN) manage.py run

test: test-environment ## Run every test, the browser's too, and every linter
	@exec $(IN) -m tests.suite

test-long: test-environment ## Run the tests that take long: kills, floods, simulated months
	@exec $(IN) -m tests.suite long

bench: test-environment ## Measure pages, endpoints and joins beside a floor application
	@exec $(IN) -m tests.bench

lint: test-environment ## Run the linters alone
	@exec $(IN) -m tests.suite lint

lock: python ## Lock the packages anew (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		pyproject.toml -o requirements.lock
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

environment: python
	@$(PYTHON) install.py run

test-environment: python
	@$(PYTHON) install.py test

python:
	@test -n "$(PYTHON)" || { echo "kith: needs Python 3.11 or newer."; exit 1; }
