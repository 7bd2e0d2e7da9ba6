# `make run` and `make test` are all that is needed from a clean clone: see README.md.
#   make run ARGS="catalog.db --allow-host 127.0.0.1"
#   make test ARGS="tests/test_startup.py -x"
#   make .venv PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run test lint soak bench shots wheel lock libraries .venv
.DEFAULT_GOAL := run

run: libraries
	@$(BIN)/python -m gui $(ARGS)

test: lint
	$(BIN)/python -m pytest $(ARGS)

lint: libraries
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

soak: libraries
	INTEGRATION_ICONS_SOAK=1 $(BIN)/python -m pytest tests/test_icon_corpus.py tests/test_export_forms.py tests/test_csv_reader.py tests/trust \
		tests/test_catalog.py::test_a_damaged_file_is_a_sentence_and_never_a_crash $(ARGS)

bench: libraries
	@$(BIN)/python -m tests.benchmarks $(ARGS)

shots: libraries
	@$(BIN)/python -m tests.shots $(ARGS)

wheel: .venv/installed
	rm -rf build
	$(BIN)/python -m build --wheel --no-isolation

# The newest versions that pyproject.toml allows, for every supported Python and system.
lock: .venv/installed
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--group dev --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--output-file requirements.lock pyproject.toml

.venv: libraries

# Made anew when the lock changes; the project itself is installed as an editable.
.venv/locked: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=/path/to/python' >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { packages=python3-venv; $(APT_INSTALL); }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@-$(COMPILE_SHIBOKEN)
	@touch $@

.venv/installed: .venv/locked pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# PySide6 compiles Python files that are embedded in its library at each start, unless they are in
# its folder. Only a start gets slower when this fails.
define COMPILE_SHIBOKEN
SBK_EMBED=0 $(BIN)/python -B -c 'import shiboken6' && \
	$(BIN)/python -m compileall -q .venv/lib/python*/site-packages/shiboken6/files.dir
endef

# The shared libraries that Qt expects of the system.
libraries: .venv/installed
	@packages=$$($(BIN)/python -m gui.startup); test -z "$$packages" || { $(APT_INSTALL); }

# Shell commands: install the Debian packages named in $packages, or say how.
define APT_INSTALL
if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	echo "Installing system packages: $$packages"; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$packages; \
else \
	echo 'System packages are missing. Install them and run make again:' >&2; \
	echo "    sudo apt-get install $$packages" >&2; \
	exit 2; \
fi
endef
