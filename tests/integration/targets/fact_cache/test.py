# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fact cache carries logins into the next run only for those who have the key, and is of no use to anybody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration._lab import SERVICES, Lab, Run, check, equal

PATHS = {
    "plcnext": "/_pxc_api/v1.2/variables?paths=Arp.Plc.Eclr/RecipeNumber",
    "pxplus": "/services/service.pxp?id=invoices&type=CSV",
    "phoenix": "/v1/teams",
    "magento": "/rest/V1/store/storeViews",
    "appliance": "/rest/v1.2/system/status",
}
KEY = "correct horse battery staple"
TASKS: list[dict[str, Any]] = [
    *({"name": f"Read {service}", "tokenflow.services.request": {"service": service, "path": path}} for service, path in PATHS.items()),
    {"name": "A fact beside them", "ansible.builtin.set_fact": {"beside": "yes", "cacheable": True}},
]
SHOW = {"name": "Show", "ansible.builtin.debug": {"var": "ansible_facts.tokenflow_tokens"}}


def play(lab: Lab, facts: Path, key: str | None, *more: dict[str, Any], **options: Any) -> Run:
    environment = {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(facts),
        **({"TOKENFLOW_CACHE_KEY": key} if key else {}),
    }
    return lab.play([{"hosts": "localhost", "gather_facts": False, "tasks": [*TASKS, *more]}], environment=environment, **options)


def logins(lab: Lab) -> dict[str, int]:
    """Logins since the last time; every service was asked, and refused nothing."""
    found = {}
    for service in SERVICES:
        journal = lab.simulators[service].journal()
        found[service] = len(journal.logins())
        equal([entry["status"] for entry in journal.calls()], [200], f"answers of {service}")
    return found


def cached(facts: Path) -> str:
    """The text of all files of the cache."""
    return "".join(path.read_text(encoding="utf-8") for path in facts.rglob("*") if path.is_file())


def secrets(lab: Lab) -> list[str]:
    return [value for name, value in lab.variables.items() if isinstance(value, str) and name.endswith(("password", "secret"))]


def test(lab: Lab) -> None:
    once, never = dict.fromkeys(SERVICES, 1), dict.fromkeys(SERVICES, 0)
    facts, others = lab.folder / "facts", lab.folder / "other-facts"

    # Without a key: each run logs in, and what is in the cache helps nobody.
    play(lab, others, None)
    equal(logins(lab), once, "first run without a key")
    check("beside" in cached(others), "the cache is not in use")
    play(lab, others, None)
    equal(logins(lab), once, "second run without a key")

    # With a key.
    run = play(lab, facts, KEY, SHOW)
    equal(logins(lab), once, "first run with a key")
    shown = run.result("Show")["ansible_facts.tokenflow_tokens"]
    equal(sorted(entry["service"] for entry in shown.values()), sorted(SERVICES), "services in the fact")
    equal({tuple(sorted(entry)) for entry in shown.values()}, {("base_url", "expires_at", "issued_at", "principal", "sealed", "service")}, "parts of an entry")
    check("sealed" in cached(facts), "no token is in the cache")
    play(lab, facts, KEY)
    equal(logins(lab), never, "second run with a key")

    # With another key, or none: no error, and nobody's entry is lost.
    play(lab, facts, "another key", arguments=["-vvv"])
    equal(logins(lab), once, "another key")
    play(lab, facts, None)
    equal(logins(lab), once, "no key")
    play(lab, facts, KEY)
    equal(logins(lab), never, "the first key again")

    # A changed password is another login, and a token that ended costs one.
    lab.simulators["magento"].control("revoke_tokens")
    play(lab, facts, KEY, status=0)
    journal = lab.simulators["magento"].journal()
    equal(journal.differences(logins=1, calls=2), [], "a cached token that was withdrawn")
    for simulator in lab.simulators.values():
        simulator.control("clear_journal")

    tampered(lab, facts)
    for folder in (facts, others):
        text = cached(folder)
        equal([secret for secret in [*secrets(lab), KEY] if secret in text], [], f"secrets in {folder.name}")


def tampered(lab: Lab, facts: Path) -> None:
    """An entry that somebody changed is not taken."""
    files = [path for path in facts.rglob("*") if path.is_file() and "sealed" in path.read_text(encoding="utf-8")]
    check(files, "there is no file with entries")
    for path in files:
        path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    play(lab, facts, KEY)
    equal(logins(lab), dict.fromkeys(SERVICES, 1), "entries that were changed")


def damage(text: str) -> str:
    """The JSON with one character of each sealed token changed, at whatever depth and in however many layers of JSON."""

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: _flip(item) if name == "sealed" and isinstance(item, str) else change(item) for name, item in value.items()}
        if isinstance(value, list):
            return [change(item) for item in value]
        if isinstance(value, str) and "sealed" in value and value.lstrip().startswith("{"):
            return json.dumps(change(json.loads(value)))
        return value

    return json.dumps(change(json.loads(text)))


def _flip(sealed: str) -> str:
    middle = len(sealed) // 2
    return sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
