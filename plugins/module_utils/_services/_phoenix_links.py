# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Rules and deployment links: they are written, never read, and only the answer tells whether something was new (contract §4.1 to §4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, NotFound, RequestRefused
from ansible_collections.tokenflow.services.plugins.module_utils._services import _phoenix_objects as objects
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_components import Parent, Places, parent_of, place_problems
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_objects import APPLICATION, ENVIRONMENT
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_steps import Action, Step, only_once, refused_before
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import NotPossible

FILTER_FIELDS = {
    "ids": "ids",
    "key_like": "keyLike",
    "tags": "tags",
    "asset_type": "assetType",
    "provider_account_id": "providerAccountId",
    "provider_account_name": "providerAccountName",
    "resource_group": "resourceGroup",
    "cidr": "cidr",
    "cidrs": "cidrs",
    "ip_ranges": "ipRanges",
    "hostnames": "hostnames",
    "os_names": "osNames",
    "netbios": "netbios",
    "fqdn": "fqdn",
    "repository": "repository",
}
"""The conditions of a rule (contract §4.3)."""
NEGATED = "negate_filter"
Data = dict[str, Any]


def rule_filter(given: Mapping[str, Any], nested: bool = False) -> Data:
    """A filter as the service takes it. Raises ``InvalidInput`` for one that would select everything, and for fields that there are not."""
    unknown = [name for name in given if name not in FILTER_FIELDS and (nested or name != NEGATED)]
    if unknown:
        raise InvalidInput(f"a filter has no field {', '.join(unknown)}", hint=f"There are {', '.join(FILTER_FIELDS)}.")
    found = {FILTER_FIELDS[name]: value for name, value in given.items() if value not in (None, [], "") and name != NEGATED}
    if found.get("tags"):
        found["tags"] = objects.tag_data(objects.wanted_tags(found["tags"]))
    if given.get(NEGATED):
        found["negateFilter"] = rule_filter(given[NEGATED], nested=True)
    if not found:
        raise InvalidInput("a filter has no condition")
    return found


class Rules:
    """Asset-association rules of components and services: all of one in one call."""

    def __init__(self, places: Places) -> None:
        self.phoenix, self._places = places.phoenix, places

    def plan(self, entries: Sequence[Mapping[str, Any]]) -> list[Step]:
        """What to send for each entry. Raises ``InvalidInput`` or ``NotFound`` with all that is wrong."""
        problems = [problem for entry in entries for problem in place_problems(entry, "component")]
        problems += [f"{entry['component']} has no rules to add" for entry in entries if not entry.get("rules") and not entry.get("replace")]
        if problems:
            raise refused_before(problems, self.phoenix.title)
        bodies = [[{"name": rule["name"], "filter": rule_filter(_given(rule["filter"]))} for rule in entry.get("rules") or []] for entry in entries]
        parents = self._places.parents([parent_of(entry) for entry in entries])
        found = self._places.identifiers([(parent, entry["component"]) for parent, entry in zip(parents, entries)])
        steps = [self._step(entry, parent, identifier, rules) for entry, parent, identifier, rules in zip(entries, parents, found, bodies)]
        only_once(steps)
        return steps

    def _step(self, entry: Mapping[str, Any], parent: Parent, identifier: str | None, rules: Sequence[Data]) -> Step:
        replace = bool(entry.get("replace"))
        step = Step({parent.kind.lower(): parent.name, "component": entry["component"]}, None, {}, identifier=identifier, verb="replace" if replace else "add")
        # For a component that is still to be made every rule is new.
        certain = replace or identifier is None
        step.actions = [Action({}, lambda: self._send(str(identifier), rules, replace), {"rules": [rule["name"] for rule in rules]}, certain)]
        return step

    def _send(self, identifier: str, rules: Sequence[Data], replace: bool) -> bool:
        body = {"rules": list(rules), "resetRules": replace}
        try:
            return self.phoenix.call("POST", f"components/{identifier}/rules", json_body=body, expect=(200, 201, 409), patient=True).status != 409
        except RequestRefused as error:
            if "keylike" in error.reply.lower():
                error.hint = "A key_like of these rules is too long for the service: shorten it, with * for what is left out."
            raise


class Deployments:
    """Links from applications and components to the services that they are deployed to."""

    def __init__(self, places: Places) -> None:
        self.phoenix, self._places = places.phoenix, places

    def plan(self, entries: Sequence[Mapping[str, Any]]) -> list[Step]:
        """What to send for each entry. Raises ``InvalidInput`` or ``NotFound`` with all that is wrong."""
        problems = [problem for entry in entries for problem in _deployment_problems(entry)]
        if problems:
            raise refused_before(problems, self.phoenix.title)
        holders = self._places.parents([(APPLICATION, entry["application"]) for entry in entries])
        places = [(ENVIRONMENT, service["environment"]) for entry in entries for service in entry.get("services") or []]
        environments = dict(zip(places, self._places.parents(places)))
        wanted = [(holder, entry["component"]) for holder, entry in zip(holders, entries) if entry.get("component")]
        services = [(environments[ENVIRONMENT, one["environment"]], one["name"]) for entry in entries for one in entry.get("services") or []]
        known = dict(zip([*wanted, *services], self._places.identifiers([*wanted, *services])))
        steps = []
        for entry, holder in zip(entries, holders):
            if holder.default:
                raise NotPossible(
                    f"nothing was written, because the application {holder.name} is a default entity, which is protected", service=self.phoenix.title
                )
            targets = [known[environments[ENVIRONMENT, one["environment"]], one["name"]] for one in entry.get("services") or []]
            identifier = known[holder, entry["component"]] if entry.get("component") else holder.identifier
            steps.append(self._step(entry, identifier, targets))
        only_once(steps)
        return steps

    def _step(self, entry: Mapping[str, Any], identifier: str | None, targets: Sequence[str | None]) -> Step:
        component, replace = entry.get("component"), bool(entry.get("replace"))
        what = {"application": entry["application"], **({"component": component} if component else {})}
        step = Step(what, None, {}, identifier=identifier, verb="replace" if replace or entry.get("inherit") else "add")
        body: Data = {"inheritFromApp": True}
        shown: Data = {"inherit": True}
        if not entry.get("inherit"):
            selector = {"ids": list(targets)} if targets else _by_tags(entry)
            body = {"serviceSelectors": selector, "replaceExisting": replace}
            shown = {"services": [f"{one['environment']}/{one['name']}" for one in entry["services"]]} if targets else {"service_tags": selector["tags"]}
        path = f"{'components' if component else 'applications'}/{identifier}/deploy"
        # What is still to be made has no links, and inheriting is never answered with "already so".
        certain = identifier is None or None in targets or bool(entry.get("inherit"))
        step.actions = [Action({}, lambda: self._send(path, body, bool(targets)), shown, certain)]
        return step

    def _send(self, path: str, body: Data, named: bool) -> bool:
        try:
            return self.phoenix.call("PATCH", path, json_body=body, expect=(200, 204, 409), patient=named).status != 409
        except NotFound as error:
            if not named and "serviceSelectors" in body:
                error.hint = "No service has one of these tags, or this credential does not see it."
            raise


def _given(values: Mapping[str, Any]) -> Data:
    return {name: value for name, value in values.items() if value is not None}


def _by_tags(entry: Mapping[str, Any]) -> Data:
    matching = {} if entry.get("match_asset_tags") is None else {"matchAssetTags": entry["match_asset_tags"]}
    return {"tags": objects.tag_data(objects.wanted_tags(entry["service_tags"])), **matching}


def _deployment_problems(entry: Mapping[str, Any]) -> list[str]:
    name = f"{entry['component']} of {entry['application']}" if entry.get("component") else str(entry["application"])
    ways = [way for way in ("services", "service_tags", "inherit") if entry.get(way)]
    if len(ways) != 1:
        return [f"the deployment of {name} needs one of services, service_tags and inherit, not {' and '.join(ways) or 'none'}"]
    if entry.get("inherit") and not entry.get("component"):
        return [f"the deployment of {name} cannot be inherited, because only a component inherits"]
    return []
