# `make help` lists the commands. Settings may be given here: make run PORT=9000 VAR_DIR=../data
PYTHON_BIN := .venv/bin/python
MANAGE := $(PYTHON_BIN) manage.py
TESTS ?= tests
JOBS ?= auto

.PHONY: help setup setup-dev frontend run test test-postgres chaos check format bench worker scheduler web migrate prepare doctor openapi docs clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup:
	@scripts/setup run

setup-dev:
	@scripts/setup dev

frontend: setup ## build the web editor into frontend/dist (only when its sources have changed)
	@scripts/frontend

run: setup ## set everything up and start Redis, web, worker and scheduler; Ctrl-C stops them
	@scripts/frontend || echo "pipelit: starting without the editor; the API works." >&2
	@exec $(PYTHON_BIN) -m pipelit.supervisor

test: setup-dev frontend ## the tests (TESTS=tests/api JOBS=2 for some of them, on so many processes)
	@$(PYTHON_BIN) -m pytest -n $(JOBS) --dist loadgroup -rs $(TESTS)

test-postgres: setup-dev ## the tests of engine, workers, schedules and API on a scratch PostgreSQL
	@TEST_DATABASE=postgres $(PYTHON_BIN) -m pytest -n $(JOBS) -rs tests/engine tests/recovery tests/api tests/workers tests/schedules

chaos: setup-dev ## break everything at random under load (CHAOS_MINUTES=10 CHAOS_SEED=1 TEST_DATABASE=postgres)
	@DJANGO_SETTINGS_MODULE=tests.settings $(PYTHON_BIN) -m tests.recovery.chaos

check: setup-dev ## lint, types, import directions, system checks, migrations, generated files; the editor likewise
	$(PYTHON_BIN) -m ruff check .
	$(PYTHON_BIN) -m ruff format --check .
	$(PYTHON_BIN) -m mypy pipelit apps
	.venv/bin/lint-imports
	$(MANAGE) check --fail-level WARNING
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) generate --check
	scripts/frontend check

format: setup-dev ## put the code in order
	$(PYTHON_BIN) -m ruff check --fix .
	$(PYTHON_BIN) -m ruff format .

bench: setup-dev ## measure the speed, with its floor (docs/benchmarks.md)
	@$(PYTHON_BIN) -m tests.benchmarks.run

worker: setup ## a worker alone, beside a product that runs
	@exec $(MANAGE) worker

scheduler: setup ## a scheduler alone
	@exec $(MANAGE) scheduler

web: setup ## the web process alone
	@exec $(MANAGE) web

migrate: setup ## bring the database up to date
	@$(MANAGE) migrate

prepare: setup ## check settings, migrate, create the first admin and the demo, as `run` does before it starts
	@$(MANAGE) prepare

doctor: setup ## what is wrong here, and how to mend it
	@$(MANAGE) doctor

openapi: setup ## write docs/openapi.yaml
	@$(MANAGE) generate --only openapi.yaml

docs: setup ## write all generated documentation
	@$(MANAGE) generate

clean: ## remove the virtual environment and caches; VAR_DIR stays
	@rm -rf .venv frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	@find apps pipelit tests -name __pycache__ -prune -exec rm -rf {} +
