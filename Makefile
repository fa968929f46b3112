# `make help` lists the verbs. Everything is installed into .venv from the hashed locks in requirements/.

SHELL := /bin/sh
PYTHON ?= python3
UV_VERSION := 0.9.11
VENV := .venv
BIN := $(VENV)/bin
# uv from the path where there is one; else of our own, in .tools.
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
HOST ?= 127.0.0.1
PORT ?= 8000
export UV_LINK_MODE ?= copy
# Python's own cache of compiled sources: without it each start of a process takes seconds.
unexport PYTHONDONTWRITEBYTECODE

# The web app, built into the package.
UI := src/citewell/web/dist/index.html
UI_SOURCES := $(shell find ui -path ui/node_modules -prune -o -type f -not -name 'schema.gen.d.ts' -not -name openapi.json -print)

.PHONY: help run dev ui test soak cluster check package wheel format lock bench screenshots clean

help:  ## list the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: $(VENV)/.run  ## set up what is missing and start the server with a demo project
	@$(MAKE) --no-print-directory $(UI) || echo "Going on without the web app: the API works."
	@$(BIN)/citewell serve --demo --host $(HOST) --port $(PORT)

ui: $(UI)  ## build the web app

$(UI): $(UI_SOURCES) | $(VENV)/.run
	@$(BIN)/python ui/build.py

dev: $(VENV)/.dev  ## demo data, debug logs, restarts when a source file changes; the web app reloads itself on port 5173
	@CITEWELL_LOG_LEVEL=$${CITEWELL_LOG_LEVEL:-debug} $(BIN)/python scripts/dev.py --demo --host $(HOST) --port $(PORT) & \
		server=$$!; trap "kill $$server" EXIT INT TERM; \
		CITEWELL_URL=http://$(HOST):$(PORT) $(BIN)/python ui/build.py dev || wait $$server

# Three processes for two cores: a test waits for a third of its time, for timers, disks and processes.
test: $(VENV)/.dev  ## run the tests
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(VENV)/.dev  ## tests with generated input, with many more examples than `make test` takes
	CITEWELL_TEST_EXAMPLES=50 $(BIN)/python -m pytest -n 0 --timeout 7200 tests/contract/test_properties.py $(ARGS)

cluster: $(VENV)/.dev  ## two servers and two workers, each killed in turn while documents come in
	$(BIN)/python -m pytest -m cluster -n 0 tests/test_cluster.py $(ARGS)

check: $(VENV)/.dev  ## lint, format, types, layers, SQL in repositories only, stale mutants, migration drift
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_repositories.py
	$(BIN)/python scripts/mutants.py --check
	$(BIN)/python scripts/check_migrations.py
	$(BIN)/python scripts/make_settings_reference.py --check
	$(BIN)/python scripts/check_deploy.py
	$(BIN)/python ui/build.py check

package: $(VENV)/.dev | $(UV)  ## build the wheel as the container image does, and do the main job with it
	UV=$(abspath $(UV)) $(BIN)/python scripts/package.py

wheel: $(UI) | $(UV)  ## build dist/citewell-*.whl, with the web app inside
	@$(UV) build --quiet --wheel --python $(BIN)/python -o dist

format: $(VENV)/.dev  ## mend what can be mended by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(UV)  ## resolve the dependencies again
	$(UV) pip compile -q --universal --generate-hashes --no-annotate --group weights --group ui --group dev pyproject.toml -o requirements/dev.txt
	$(UV) pip compile -q --universal --generate-hashes --no-annotate --group weights --group ui -c requirements/dev.txt pyproject.toml -o requirements/run.txt

bench: $(VENV)/.dev  ## measure the main job (the samples must be there)
	$(BIN)/python -m benchmarks.main_job $(ARGS)

screenshots: $(VENV)/.dev $(UI)  ## take the pictures of the README and the manual again
	$(BIN)/python scripts/screenshots.py

clean:  ## remove the environment; the data in .citewell stays
	rm -rf $(VENV) .tools

.tools/bin/uv:
	@echo "Installing uv into .tools"
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check "uv>=$(UV_VERSION)"

$(BIN)/python: | $(UV)
	@$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)

# The environment of the tests holds everything that running needs, so it serves `make run` as well.
$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@test -e $(VENV)/.dev || { echo "Installing Citewell into $(VENV)"; \
		$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/run.txt && \
		$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .; }
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing Citewell and its test tools into $(VENV)"
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@ $(VENV)/.run
