# Everything a newcomer needs: `make demo` to try it, `make test` to trust it.
PYTHON ?= python3
NODE_MIN := 20
BIN := .venv/bin
RUN := .venv/.installed
DEV := .venv/.installed-dev
VENDOR := lti_tool/static/vendor/.installed
RALPH := var/ralph/.installed
FONTS := @fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2 \
	@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-italic.woff2 \
	@fontsource-variable/source-sans-3/files/source-sans-3-latin-ext-wght-normal.woff2 \
	@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2 \
	@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2
WORKERS ?= 2
JOURNEYS = $(BIN)/python -m pytest tests/journeys -m "not crawl"

.DEFAULT_GOAL := help
.PHONY: help install demo test check fix bench crawl migration pins chromium poppler clean

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(RUN) $(VENDOR)  ## what running the tool needs

demo: install  ## the tool, its worker and a practice platform; prints where to click
	$(BIN)/lti-tool demo

test: $(DEV) $(VENDOR) $(RALPH) chromium poppler  ## every test, on SQLite and PostgreSQL, in a real browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not crawl" --ignore=tests/journeys
	$(JOURNEYS) || { echo "A busy machine may make a browser miss its moment: the journeys once more."; $(JOURNEYS); }

crawl: $(DEV) $(VENDOR) chromium  ## every page and question of every course in a real browser
	$(BIN)/python -m pytest -m crawl

check: $(DEV) $(VENDOR)  ## style, types, the rules of the house, the courses
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/house
	$(BIN)/python -m courses check --strict courses/content

fix: $(DEV)  ## format, and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) $(VENDOR)  ## figures, as ratios to bare floors and to other tools in the same run
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev,bench]"
	npm install --silent --no-package-lock --prefix benchmarks/ltijs
	$(BIN)/python -m benchmarks

migration: $(DEV)  ## a draft of a migration: make migration BRANCH=tool NAME=0002_words
	$(BIN)/python -m migrations.draft $(BRANCH) $(NAME)

pins: $(DEV)  ## write constraints.txt from what is installed
	{ head -1 constraints.txt; $(BIN)/pip freeze --exclude-editable; grep '^setuptools==' constraints.txt; } > constraints.new
	mv constraints.new constraints.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv

$(RUN): pyproject.toml constraints.txt | .venv/bin/python
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(DEV): pyproject.toml constraints.txt | .venv/bin/python
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $(RUN) $@

$(RALPH): tests/xapi/ralph.txt | .venv/bin/python
	$(BIN)/python -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

$(VENDOR): package.json package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < $(NODE_MIN) ? 1 : 0)' || { echo "Node.js $(NODE_MIN) or newer is needed"; exit 1; }
	npm ci --silent
	mkdir -p $(@D)
	cp $(addprefix node_modules/,$(FONTS)) $(@D)/
	@touch $@

chromium:
	@sh tests/need_chromium.sh

poppler:
	@sh tests/need_poppler.sh

clean:  ## remove what was installed and made
	rm -rf .venv node_modules lti_tool/static/vendor var .mypy_cache .ruff_cache
