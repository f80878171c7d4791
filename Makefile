# Every chore of the house. `make` alone lists them; the two that matter are `make run` and `make test`.
#
# The environment .venv is made from pinned, hashed wheels only, nothing is built: uv if it is on PATH, else venv and pip.
# run.stamp: what the program needs (requirements.txt). test.stamp: what the tests need on top (requirements-test.txt).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/run.stamp
TEST := $(VENV)/test.stamp
FUZZ := $(VENV)/fuzz.stamp
WORKERS ?= 2
SECONDS_EACH ?= 60
DEMO ?= build/demo
ARGS ?=

.PHONY: help run demo test lint types contracts format bench soak fuzz docs templates translations screenshots migration requirements clean

help: ## List these commands
	@sed -n 's/^\([a-z][a-z-]*\):.* ## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

run: $(RUN) ## Serve the demo initiative on http://127.0.0.1:8000, with one worker; prints the log-ins
	@exec $(BIN)/ipr serve --demo $(ARGS)

demo: $(RUN) ## Walk the whole journey on real files, leave it in build/demo, verify it
	@$(BIN)/ipr demo $(DEMO)
	@$(BIN)/ipr verify $(DEMO)/idea.asice --trust $(DEMO)/log.vkeys

test: $(TEST) lint types contracts ## Lint, types, import contracts, then every test on SQLite and PostgreSQL
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile $(ARGS)

lint: $(TEST) ## Ruff: rules and layout; and whether any row of the law is overdue for review
	@$(BIN)/ruff check -q .
	@$(BIN)/python -m docs.overdue
	@$(BIN)/ruff format -q --check . || { echo 'The layout differs: run `make format`.' >&2; exit 1; }

types: $(TEST) ## Types: mypy, strict below the faces
	@$(BIN)/mypy

contracts: $(TEST) ## Import contracts: the floors of the house
	@$(BIN)/lint-imports --no-logo

format: $(TEST) ## Let Ruff mend what it can and lay the code out
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format .

bench: $(TEST) ## Measure; ARGS=name for one benchmark
	@$(BIN)/python -m benchmarks $(ARGS)

soak: $(TEST) ## The long tests: 200 kills under load
	@$(BIN)/python -m pytest -q -m soak --timeout 3600 $(ARGS)

fuzz: $(FUZZ) ## The property tests with many more examples, then atheris over every parser; SECONDS_EACH=60
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -q -n $(WORKERS) -m 'not soak' --timeout 3600 $(ARGS)
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS_EACH)

docs: $(TEST) ## Write the reference pages that come from the code
	@$(BIN)/python docs/build.py $(ARGS)

templates: $(TEST) ## Write the Word templates and the pins of published texts; ARGS=--check compares
	@$(BIN)/python -m agreement_templates.build $(ARGS)

translations: $(TEST) ## Extract the strings and update the catalogues; they are compiled in memory, nothing is built
	@$(BIN)/python -m docs.translations $(ARGS)

screenshots: $(TEST) ## Take the pictures of the main pages, phone and desk, into docs/
	@$(BIN)/python -m tests.e2e.screenshots $(ARGS)

migration: $(TEST) ## Write migrations/versions/0001_initial.py again from the models (only while unreleased)
	@$(BIN)/python -m migrations.regenerate

requirements: ## Pin again after a change of setup.cfg (needs uv); ARGS=--upgrade takes newer releases
	@for file in .txt:'' -server.txt:'--extra postgres --extra s3' -test.txt:'--extra postgres --extra s3 --extra ots --extra test' \
        -fuzz.txt:'--extra fuzz'; do \
	    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
	        setup.cfg $${file#*:} -o requirements$${file%%:*} $(ARGS) >/dev/null; done

clean: ## Remove the environment and everything built; the data in var/ stays
	@rm -rf $(VENV) build dist *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache test-results
	@find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

$(RUN): requirements.txt
	@.ci/environment requirements.txt
	@touch $@

$(TEST): requirements-test.txt $(RUN)
	@.ci/environment requirements-test.txt
	@touch $@

$(FUZZ): requirements-fuzz.txt $(TEST)
	@.ci/environment requirements-fuzz.txt
	@touch $@
