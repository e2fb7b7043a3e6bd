# Everything a fresh machine needs: Python 3.11 to 3.13 with pip, and make.

PYTHON ?= python3
PORT ?= 7860
Q ?= How many people died when the Grey Petrel sank?
BIN := .venv/bin
RUN := $(BIN)/dateline

.PHONY: help chat ask eval bench test check screenshots clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

chat: .venv/.done ## Serve the chat page, over the sample archive if there is no other
	@$(RUN) ingest --sample
	@$(RUN) chat --port $(PORT)

ask: .venv/.done ## Answer a question in the terminal: make ask Q="…"
	@$(RUN) ingest --sample
	@$(RUN) ask "$(Q)"

test: .venv/.done .venv/.dev ## Run the tests
	$(BIN)/python -m pytest

check: .venv/.done .venv/.dev ## Run ruff, mypy strict and the tests, as CI does
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest

screenshots: .venv/.done .venv/.dev ## Take the pictures of the page that the README shows
	$(BIN)/python -m tests.browser.screenshots

eval: .venv/.done ## Measure the built-in suite
	$(RUN) eval run newsroom --runs runs

bench: .venv/.done .venv/.bench ## Time ingest and search against what else there is; BENCH=--whole takes long
	$(BIN)/python -m eval.bench ingest $(BENCH)
	$(BIN)/python -m eval.bench search $(BENCH)

clean: ## Remove the environment and all caches
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.done: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

.venv/.dev: .venv/.done requirements-dev.lock
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.lock
	@touch $@

.venv/.bench: .venv/.done requirements-bench.lock
	$(BIN)/python -m pip install --quiet --requirement requirements-bench.lock
	@touch $@
