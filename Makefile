# make setup       an environment in .venv from requirements.lock
# make demo        the product on invented data; DATE=2025-03-13 makes them as of that day
# make test        everything that is checked before a change goes in
# make explore     the tests that draw at random, ROUNDS=20 times with numbers nobody has tried
# make bench       the measured figures, against plain SQLite and an empty Panel page
# make notebooks   runs every notebook from top to bottom on the invented data
# make lock        resolves the dependencies again and writes requirements.lock
# make clean       removes what the above have made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_DB := .demo/demo$(if $(DATE),-$(DATE)).db
UV := uv==0.13.9

.PHONY: setup demo test explore browser bench notebooks lock clean
.DEFAULT_GOAL := setup
.DELETE_ON_ERROR:

setup: $(VENV)/installed

# Made once, and again when the lock or the package's own description has changed.
$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: setup $(DEMO_DB)
	ADVISORY_DB=$(DEMO_DB) $(BIN)/advisory serve$(if $(DATE), --today $(DATE))

$(DEMO_DB): | setup
	mkdir -p $(@D)
	ADVISORY_DB=$@ $(BIN)/advisory demo $(if $(DATE),--date $(DATE))

test: setup browser
	$(BIN)/python -m pytest -n auto --dist loadfile

explore: setup
	for round in $$(seq $(or $(ROUNDS),20)); do \
		TEST_SEED=new $(BIN)/python -m pytest -q -n auto --dist loadfile -m drawn || exit 1; \
	done

# The browser tests drive Chromium. Where it cannot be had this says so; with CI=true it fails.
# The lines for a server in the README are tried with nginx, and skipped with a reason without it.
browser:
	@if ! command -v nginx >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light openssl || true; \
	fi
	@for name in chromium chromium-browser google-chrome; do \
		if command -v $$name >/dev/null; then exit 0; fi; \
	done; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium && exit 0; \
	fi; \
	echo "There is no Chromium, and it could not be installed: the browser tests cannot run." >&2; \
	if [ "$$CI" = true ]; then exit 1; fi; \
	echo "To run them, install it (on Debian: apt-get install chromium)." >&2

bench: setup browser
	$(BIN)/python -m bench

notebooks: setup $(DEMO_DB)
	ADVISORY_DB=$(CURDIR)/$(DEMO_DB) $(BIN)/jupyter execute notebooks/*.ipynb

lock:
	test -x .tools/bin/uv || { $(PYTHON) -m venv .tools && .tools/bin/pip install --quiet $(UV); }
	.tools/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --upgrade --no-emit-index-url --no-header \
		--no-annotate --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) .demo .tools dist build .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
