# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Every target sets up what it needs by itself; PYTHON=/path/to/python3 chooses the interpreter for that.
RUN := sh scripts/run.sh
SESSIONS := lint types sanity units integration ansible_lint docs_check licenses galaxy matrix format

.PHONY: help setup demo test bench docs clean $(SESSIONS)
.DEFAULT_GOAL := help

help:
	@echo 'make setup    virtual environment in .venv, collection linked under build/collections'
	@echo 'make demo     start the five simulators and run playbooks/demo.yml against them, twice'
	@echo 'make test     all checks that CI runs, two at a time; STEPS="units lint" for some of them'
	@echo 'make bench    time of a task beside the same work written with ansible.builtin.uri'
	@echo 'make docs     HTML documentation in build/docs/html'
	@echo 'make clean    remove everything that the targets made'
	@echo
	@echo 'One check with its output, ARGS goes to its tool:'
	@echo '  make $(SESSIONS)'
	@echo '  format mends what lint finds, as far as it can; matrix runs units and integration on every supported ansible-core and Python found here'

setup:
	@$(RUN) setup

test:
	@$(RUN) test $(STEPS)

clean:
	@$(RUN) clean

demo bench docs $(SESSIONS):
	@$(RUN) nox -s $@ -- $(ARGS)
