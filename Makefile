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
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then echo $$p; break; fi; done)

.PHONY: help
help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '%-15s %s\n' "$$name" "$$text"; done

.PHONY: setup
setup: ## make .venv (pinned packages) and .collections; a fraction of a second when warm
	@python=$(BOOTSTRAP); if [ -z "$$python" ]; then \
	echo "setup: no Python was found; install Python 3.11 or later with its venv module (Debian: python3 python3-venv)" >&2; exit 1; fi; \
	PYTHONPATH= $$python tools/setup.py --python "$(PYTHON)"

.PHONY: servers kubernetes compose keda opensearch3
servers: setup ## get what tests start and no Python package brings: Debian packages (as root), search servers, a host's image
	@$(MODULE).tools.servers all
kubernetes: setup ## build the real control plane of Kubernetes for its tests (Go, 15 minutes of one processor, kept)
compose: setup ## build docker compose v2 for its tests (Go, 6 minutes of one processor, kept)
keda: setup ## build KEDA's operator and adapter for its tests, which are of `make long` (Go, 16 minutes of one processor, kept)
opensearch3: setup ## get OpenSearch 3 for its tests, which are of `make long` (Maven, 80 MB, a minute, kept)
kubernetes compose keda opensearch3:
	@$(MODULE).tools.servers $@

.PHONY: lock
lock: setup ## pin requirements/dev.in anew into requirements/dev.lock
	$(VENV)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade --quiet requirements/dev.in --output-file requirements/dev.lock

.PHONY: test lint sanity units live integration long
test: servers ## run every check and test below
lint: setup ## ruff, mypy strict, yamllint, ansible-lint production, docs, changelog, licences, galaxy build
sanity: setup ## ansible-test sanity, without any ignore
units: setup ## ansible-test units
live: servers ## pytest of tests/unit and tests/live against real servers, with coverage
integration: setup ## ansible-test integration against the lab
long: servers ## those tests with real servers that take minutes each, which 'make test' leaves out
test lint sanity units live integration long:
	@$(MODULE).tools.checks $@

.PHONY: test-matrix
test-matrix: setup ## units and integration with ansible-core 2.18 to 2.21 on every Python that is here
	@$(MODULE).tools.matrix

.PHONY: demo
demo: setup ## run the main job, a maintenance window under load, on real servers
	@$(MODULE).tests.lab demo

.PHONY: lab-up lab-down lab-status
lab-up: setup ## start the lab's servers and the demo service in build/lab (ONLY=docker,opensearch,...: those)
lab-down: setup ## stop the lab and remove what it left
lab-status: setup ## say what of the lab is running, and where
lab-up lab-down lab-status:
	@$(MODULE).tests.lab $(@:lab-%=%) $(if $(filter lab-up,$@),$(if $(ONLY),--only $(ONLY)))

.PHONY: bench chaos faults
bench: servers ## measure against peers, write build/bench.json (AREA=checks|queues|..., SLICE=short)
chaos: servers ## kill things in the middle, write build/chaos.json (AREA=..., SLICE=short, WORK=pattern of a row's name)
faults: servers ## break things, see that it is said, write build/faults.json (AREA=..., SLICE=short)
bench chaos faults:
	@$(MODULE).tests.figures $@ $(if $(AREA),--area $(AREA)) $(if $(SLICE),--slice $(SLICE)) $(if $(WORK),--work "$(WORK)")

.PHONY: docs
docs: setup ## build the HTML documentation of the plugins and roles in build/docs
	@$(MODULE).tools.html

.PHONY: screenshot
screenshot: setup ## take the pictures of a report in docs/images (needs chromium)
	@mkdir -p docs/images && $(MODULE).tests.live.sample_report docs/images

.PHONY: build
build: setup ## build the collection's tarball in build/
	@mkdir -p build && $(VENV)/ansible-galaxy collection build --force --output-path build

.PHONY: clean
clean: ## remove everything that was generated, the virtual environment too
	@if [ -x $(VENV)/python ] && [ -d build/lab ]; then $(MODULE).tests.lab down || true; fi
	rm -rf .venv .work .collections .ansible build tests/output changelogs/.plugin-cache.yaml
