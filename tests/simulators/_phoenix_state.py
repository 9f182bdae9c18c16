# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Phoenix simulator holds, seen behind the service's back: also what its API cannot show (contract §6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ._phoenix_model import LINK_KINDS, Component, Organisation

State = list[dict[str, Any]]


def _plain(kind: str) -> Callable[[Organisation], State]:
    return lambda org: [asdict(item) for item in getattr(org, kind).values()]


def _components_with(org: Organisation) -> list[tuple[dict[str, Any], Component]]:
    return [({"application": org.applications[c.application].name, "component": c.name}, c) for c in org.components.values()]


def _rules(org: Organisation) -> State:
    return [{**names, "id": r.id, "name": r.name, "filter": r.filter} for names, component in _components_with(org) for r in component.rules]


def _deployments(org: Organisation) -> State:
    found: State = [{"application": a.name, "component": None, "inherits": False, "links": a.deployed_to} for a in org.applications.values()]
    found += [{**names, "inherits": c.inherits, "links": c.deployed_to} for names, c in _components_with(org)]
    names_of = {c.id: f"{org.applications[c.application].name}/{c.name}" for c in org.components.values()}
    return [{**item, "links": [names_of[link] for link in item["links"]]} for item in found if item["links"] or item["inherits"]]


def _auto_links(org: Organisation) -> State:
    shown: State = []
    for team in org.teams.values():
        entry: dict[str, Any] = {"team": team.name, "users": team.link_users}
        for kind in LINK_KINDS:
            link = team.auto_links.get(kind)
            entry[kind] = {"match": link.match, "tags": [{"key": k, "value": v} for k, v in link.tags]} if link else None
        shown.append(entry)
    return shown


def _members(org: Organisation) -> State:
    return [{"team": team.name, "members": [org.users[identifier].email for identifier in team.members]} for team in org.teams.values()]


def _assets(org: Organisation) -> State:
    shown = []
    for asset in org.assets.values():
        tags = [{"key": key, "value": value, "ownership": sorted(owners)} for (key, value), owners in asset.tags.items()]
        shown.append({"id": asset.id, "type": asset.type, "key": asset.key, "attributes": asset.attributes, "tags": tags, "software": asset.software})
    return shown


def _workflows(org: Organisation) -> State:
    found = [({"application": a.name, "component": None}, a.ticketing, a.messaging) for a in org.applications.values()]
    found += [(names, c.ticketing, c.messaging) for names, c in _components_with(org)]
    return [{**names, "ticketing": ticketing, "messaging": messaging} for names, ticketing, messaging in found if ticketing or messaging]


def _imports(org: Organisation) -> State:
    return [{"id": j.id, "kind": j.kind, "outcome": j.outcome, "error": j.error, "applied": j.applied, "due": j.due} for j in org.jobs.values()]


VIEWS: dict[str, Callable[[Organisation], State]] = {
    **{kind: _plain(kind) for kind in ("applications", "components", "teams", "users", "findings", "campaigns")},
    "rules": _rules,
    "deployments": _deployments,
    "auto_links": _auto_links,
    "members": _members,
    "assets": _assets,
    "workflows": _workflows,
    "imports": _imports,
    "emails": lambda org: list(org.emails),
}
