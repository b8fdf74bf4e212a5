# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PYTHONPATH := .collections

PYTHON ?=
VENV := .venv/bin
MODULE := $(VENV)/python -m ansible_collections.day2.ops

# The first Python that runs is enough to run tools/setup.py, which looks for the newest one.
BOOTSTRAP = $(shell for p in $(PYTHON) $(VENV)/python python3 python3.14 python3.13 python3.12 python3.11 $$HOME/.pyenv/versions/3.1[1-4]*/bin/python3; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then echo $$p; break; fi; done)

.PHONY: help
help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '%-15s %s\n' "$$name" "$$text"; done

.PHONY: setup
setup: ## make .venv (pinned packages) and .collections; a fraction of a second when warm
	@python=$(BOOTSTRAP); if [ -z "$$python" ]; then \
	echo "setup: no Python was found; install Python 3.11 or later with its venv module (Debian: python3 python3-venv)" >&2; exit 1; fi; \
	PYTHONPATH= $$python tools/setup.py --python "$(PYTHON)"

.PHONY: lock
lock: setup ## pin requirements/dev.in anew into requirements/dev.lock
	$(VENV)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade --quiet requirements/dev.in --output-file requirements/dev.lock
