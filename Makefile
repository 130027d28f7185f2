# Every command of this project; `make` alone lists them.
SHELL := /bin/bash
BIN := .venv/bin
# Compiled modules are kept whatever the machine says: they are half of a quick second start.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help run test check soak bench clean-data lock ruff types imports

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The leash ties the supervisor to make, so that a killed make leaves nothing behind.
run: ## Set up what is missing and start everything; Ctrl-C stops it
	@scripts/set-up run
	@exec $(BIN)/python -m app.leash $$PPID $(BIN)/charrette run

test: ## Set up what is missing and run everything that must pass
	@scripts/set-up test
	@$(MAKE) --no-print-directory -j2 -Otarget ruff types imports
	@exec $(BIN)/python -m pytest -n 2

check: ## The fast part of the tests: the code's form, and the domain on SQLite
	@scripts/set-up test
	@$(MAKE) --no-print-directory -j2 -Otarget ruff types imports
	@exec $(BIN)/python -m pytest -n 2 -m "not slow and not faults" tests/challenges tests/judging

soak: ## The fault tests at full count (long)
	@scripts/set-up test
	@SOAK=1 exec $(BIN)/python -m pytest -m faults

bench: ## Measure, print, and write docs/benchmarks.md
	@scripts/set-up test
	@exec $(BIN)/python -m bench

clean-data: ## Empty the data folder (./var) and say what was removed
	@scripts/set-up run
	@exec $(BIN)/charrette clean

lock: ## Compile requirements*.lock anew; versions stay unless UPGRADE=1
	@scripts/set-up test
	@for name in requirements requirements-build requirements-node requirements-test; do \
		source=$$name.in; [ $$name = requirements ] && source=pyproject.toml; \
		$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate \
			--no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade) $$source -o $$name.lock && \
		echo "$$name.lock: $$(grep -c == $$name.lock) packages" || exit 1; \
	done

ruff:
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types:
	@$(BIN)/mypy

imports:
	@$(BIN)/lint-imports
