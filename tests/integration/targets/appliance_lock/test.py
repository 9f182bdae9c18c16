# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration lock hangs on the token: it survives a renewal, and no plain login is ever made in its place unasked."""

from __future__ import annotations

from tests.integration._lab import Lab, check, equal

HOSTS = 8


def test(lab: Lab) -> None:
    lab.play("renewal.yml", moving_clock=True)
    lab.reset()
    lab.play("loss.yml", moving_clock=True, warnings="could not be renewed|had run out, and the configuration lock with it")
    many_hosts(lab)
    end_of_run(lab)


def many_hosts(lab: Lab) -> None:
    """Hosts that share an appliance share the token, and thus the lock that one of them took; it is renewed once."""
    lab.reset()
    hosts = lab.hosts({"sbcs": {f"peer{number}": {} for number in range(HOSTS)}})
    lab.play("hosts.yml", inventory=hosts, moving_clock=True, environment={"ANSIBLE_FORKS": str(HOSTS)})
    journal = lab.simulators["appliance"].journal()
    equal(journal.differences(logins=1, renewals=1, calls=HOSTS + 2, writes=HOSTS + 2), [], "hosts that share the lock")
    equal({entry["status"] for entry in journal.calls()}, {200, 204}, "answers")


def end_of_run(lab: Lab) -> None:
    """A run that ends with the lock gives it back; one that keeps its tokens for the next run leaves it to that."""
    lab.reset()
    appliance = lab.simulators["appliance"]
    request = {"service": "appliance", "method": "POST"}
    lock = {"name": "Lock", "tokenflow.services.request": {**request, "path": "/rest/v1.2/configuration/lock"}}
    unlock = {"name": "Unlock", "tokenflow.services.request": {**request, "path": "/rest/v1.2/configuration/unlock"}}
    play = {"hosts": "localhost", "gather_facts": False}
    run = lab.play([{**play, "tasks": [lock, {"name": "Fail", "ansible.builtin.fail": {}}]}], status=2, warnings="released the configuration lock")
    check("released the configuration lock" in " ".join(run.output.split()), "no word about the released lock")
    equal(appliance.control("lock_state")["holder"], None, "holder after the run")
    equal(appliance.journal().differences(logins=1, calls=["POST .*/lock", "POST .*/unlock"]), [], "released at the end")
    kept = {
        "TOKENFLOW_CACHE_KEY": "a passphrase of the user's own",
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(lab.folder / "facts"),
    }
    lab.play([{**play, "tasks": [lock]}], environment=kept)
    equal(appliance.control("lock_state")["holder"], "admin", "holder between two runs")
    lab.play([{**play, "tasks": [unlock]}], environment=kept)
    equal(appliance.journal().differences(logins=1, calls=["POST .*/lock", "POST .*/unlock"]), [], "taken by one run and released by the next")
