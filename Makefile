# qingce 青策. `make demo` and `make test` work on a bare Debian with Python 3.11+ and npm; a second run reinstalls nothing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := .make
DEMO ?= demo
PYTEST := $(BIN)/python -m pytest

.PHONY: demo serve test prove lint types quick clean assets install bench docs wheel

demo: $(STAMP)/install $(STAMP)/assets
	$(BIN)/qingce demo --out $(DEMO) --no-serve

serve: $(STAMP)/install $(STAMP)/assets
	$(BIN)/qingce demo --out $(DEMO)

test: $(STAMP)/dev $(STAMP)/assets $(STAMP)/system lint types
	$(PYTEST) -m "not prove" -n 2 --dist loadfile

prove: $(STAMP)/dev $(STAMP)/assets $(STAMP)/system $(STAMP)/spark
	$(PYTEST) -m prove -n 2 --dist loadfile

quick: $(STAMP)/dev
	$(PYTEST) -m "not prove and not browser" -n 2 --dist loadfile -x

lint: $(STAMP)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests tools benchmarks
	$(BIN)/python tools/house_rules.py
	$(BIN)/qingce check

types: $(STAMP)/dev
	$(BIN)/mypy

docs: $(STAMP)/dev
	$(BIN)/python tools/make_reference.py

# A wheel built without the assets would show no charts, so it is made here and nowhere else.
wheel: $(STAMP)/install $(STAMP)/assets
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps -w dist .

install: $(STAMP)/install
assets: $(STAMP)/assets

$(STAMP)/venv:
	$(PYTHON) tools/bare.py venv $(VENV)
	@mkdir -p $(STAMP) && touch $@

$(STAMP)/install: $(STAMP)/venv pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(STAMP)/dev: $(STAMP)/install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

# PySpark is large (0.5 GB) and only the long proofs start a cluster; Java comes with the system's packages.
$(STAMP)/spark: $(STAMP)/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[spark]"
	@touch $@

$(STAMP)/assets: frontend/package.json frontend/package-lock.json $(wildcard frontend/*.mjs) $(wildcard frontend/src/*)
	cd frontend && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build
	@mkdir -p $(STAMP) && touch $@

# Chromium, LibreOffice, Chinese fonts, PostgreSQL and Java for the tests: from the system's packages when root, else said plainly.
$(STAMP)/system: $(STAMP)/venv
	$(PYTHON) tools/bare.py system
	@touch $@

clean:
	rm -rf $(VENV) $(STAMP) $(DEMO) frontend/node_modules src/qingce/publish/assets/vendor
