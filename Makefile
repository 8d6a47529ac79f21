# Sekisho: set-up, demo, tests and checks. Each target does its own set-up; a second run is quick.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
STAMPS := $(VENV)/stamps
PLACES := src/sekisho/adapters/geodata/data/country.mmdb
OPERATORS := src/sekisho/adapters/geodata/data/operators.mmdb
PASSWORDS := src/sekisho/domain/authentication/data/common_passwords.txt.gz
PIP := $(PYTHON) -m pip --disable-pip-version-check -qq
# How many test processes; each file of tests stays in one of them.
WORKERS ?= 2
PYTEST := $(PYTHON) -m pytest

.PHONY: help install browser demo test check texts bench faults lock clean

help:  ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

install: $(STAMPS)/sekisho $(PASSWORDS) $(PLACES) $(OPERATORS) texts  ## set up .venv, packages, texts, common passwords, places of addresses

demo: install  ## open the demo brokerage at https://localhost:8443
	@exec $(VENV)/bin/sekisho demo $(ARGS)

test: install browser  ## all tests
	@$(PYTEST) -n $(WORKERS) --dist loadfile $(ARGS)

check: install  ## style, types, layers, sizes, names, texts, licences
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(PYTHON) scripts/check_texts.py
	$(PYTHON) scripts/check_packages.py
	$(PYTEST) -q tests/architecture

bench: install $(STAMPS)/peers  ## benchmarks beside their peers and limits
	@$(PYTHON) -m bench $(ARGS)

faults: install  ## the long fault runs, with a seed and a report
	@$(PYTEST) tests/faults -m faults --timeout 0 $(ARGS)

lock:  ## lock the newest allowed versions (needs uv and npm)
	scripts/lock.sh

clean:  ## remove what `make install` made
	rm -rf $(VENV) node_modules scripts/chromium/node_modules $(PASSWORDS) $(PLACES) $(OPERATORS)
	find src -name '*.mo' -delete

$(STAMPS)/venv:
	@scripts/make_venv.sh $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/packages: requirements/dev.lock | $(STAMPS)/venv
	@echo "installing the locked packages"
	@$(PIP) install --require-hashes --requirement requirements/dev.lock
	@touch $@

$(STAMPS)/peers: requirements/bench.lock requirements/ezrules.lock | $(STAMPS)/sekisho
	@echo "installing the peers of the bench"
	@$(PIP) install --require-hashes --requirement requirements/bench.lock
	@$(PIP) install --no-deps --require-hashes --requirement requirements/ezrules.lock
	@touch $@

$(STAMPS)/sekisho: pyproject.toml $(STAMPS)/packages
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.stamp: package.json package-lock.json | $(STAMPS)/packages
	@scripts/npm.sh ci
	@touch $@

$(PASSWORDS): scripts/build_common_passwords.py node_modules/.stamp
	@$(PYTHON) scripts/build_common_passwords.py $@

$(PLACES): node_modules/.stamp
	@mkdir -p $(@D)
	@cp node_modules/@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb $@

$(OPERATORS): scripts/build_operators.py node_modules/.stamp
	@echo "building the table of network operators (about a minute)"
	@$(PYTHON) scripts/build_operators.py $@

# Looks at the times of the files itself: a catalogue may have come, changed or gone.
texts: | $(STAMPS)/sekisho
	@$(PYTHON) -m sekisho.texts.build

# Asked anew each time: a browser may have been removed since.
browser: | node_modules/.stamp
	@scripts/find_chromium.sh $(STAMPS)/chromium
