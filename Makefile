# Every target works on a bare machine with Python 3.11 or newer: it makes its own environment first.
PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=

.PHONY: demo up test test-browser check bench format lock clean
# Tests start hundreds of processes: what Python has compiled is kept, whatever the surroundings say.
unexport PYTHONDONTWRITEBYTECODE
.DELETE_ON_ERROR:

.venv/installed: requirements/run.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Xinfeng needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch .venv/installed

demo: .venv/installed  ## the main job on sample data; ARGS=--exit ends after the report
	$(PY) -m xinfeng demo $(ARGS)

up: .venv/installed  ## PostgreSQL, app and gateway
	$(PY) -m xinfeng up $(ARGS)

test: .venv/installed  ## every test that needs no browser
	$(PY) -m pytest -m "not browser" -n auto --maxprocesses 4 --dist worksteal $(ARGS)

test-browser: .venv/installed  ## the console in a real Chromium (CHROMIUM=/usr/bin/chromium)
	$(PY) -m pytest -m browser $(ARGS)

check: .venv/installed  ## style, types, floors, how well the rules of screening judge
	$(PY) -m ruff check src tests benchmarks
	$(PY) -m ruff format --check src tests benchmarks
	$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	XINFENG_DATA=.mypy_cache/data $(PY) -m mypy
	$(PY) -m xinfeng.screening.scorecard

bench: .venv/installed  ## every benchmark, one JSON line each
	$(PY) -m benchmarks $(ARGS)

format: .venv/installed
	$(PY) -m ruff check --fix src tests benchmarks
	$(PY) -m ruff format src tests benchmarks

lock:  ## resolve pyproject.toml into requirements/*.txt (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements/run.txt pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev -o requirements/dev.txt pyproject.toml requirements/build.in

clean:
	rm -rf .venv build dist
