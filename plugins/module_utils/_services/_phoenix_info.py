# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Reads what an organisation has, whole lists and postures, and judges postures (contract §4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_applications import Applications, label
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_components import Parent, Places, place_problems
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_objects import APPLICATION, ENVIRONMENT
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_steps import listed

ASSET_TYPES = ("CLOUD", "INFRA", "CONTAINER", "WEBSITE_API", "REPOSITORY", "SOURCE_CODE", "BUILD")
"""The long names, which every service knows (contract §8, 23)."""
FALSE: tuple[Any, ...] = (None, False, "", [], {})
"""What JMESPath takes for false."""
Data = dict[str, Any]


class GateClosed(TokenflowError):
    """A posture is not good enough to go on."""

    KIND = "gate_closed"


class Info:
    """Parts of the inventory of an organisation, of one application, environment or component if the options name one."""

    def __init__(self, applications: Applications, params: Mapping[str, Any]) -> None:
        self.phoenix, self._all, self._params = applications.phoenix, applications, params
        self._places = Places(applications, case_sensitive=params["case_sensitive"])
        self._parent, self._component = self._place()
        self.parts: dict[str, Callable[[], Any]] = {
            "applications": self.applications,
            "components": self.components,
            "teams": lambda: self.phoenix.listing("teams"),
            "members": self.members,
            "users": lambda: self.phoenix.listing("users"),
            "assets": self.assets,
            "findings": self.findings,
            "postures": self.postures,
        }

    def _place(self) -> tuple[Parent | None, str | None]:
        names = {name: self._params[name] for name in ("application", "environment", "component")}
        if not any(names.values()):
            return None, None
        problems = place_problems(names, "component")
        if problems:
            raise InvalidInput(problems[0])
        kind = APPLICATION if names["application"] else ENVIRONMENT
        (parent,) = self._places.parents([(kind, names["application"] or names["environment"])])
        if not names["component"]:
            return parent, None
        return parent, self._places.identifiers([(parent, names["component"])], protect=False)[0]

    def applications(self) -> list[Data]:
        """Applications and environments."""
        if self._parent:
            return [item for item in self._all.all() if item.get("id") == self._parent.identifier]
        return [item for item in self._all.all() if self._params["type"] in (None, item.get("type"))]

    def components(self) -> list[Data]:
        """Components and services."""
        if self._parent and self._component:
            return [item for item in self._places.children(self._parent) if item.get("id") == self._component]
        if not self._parent:
            kind = {APPLICATION: "COMPONENT", ENVIRONMENT: "SERVICE"}.get(self._params["type"] or "")
            return self.phoenix.listing("components", None, **({"type": kind} if kind else {}))
        found = self.phoenix.listing("components", parentId=self._parent.identifier)
        return [item for item in found if item.get("applicationId") == self._parent.identifier]

    def members(self) -> dict[str, list[Data]]:
        """The members of each team, by its name."""
        return {str(team["name"]): self.phoenix.array(f"teams/{team['id']}/users") for team in self.phoenix.listing("teams")}

    def assets(self) -> list[Data]:
        """Assets that the filters select."""
        request: Data = {"types": self._params["asset_types"] or list(ASSET_TYPES), **self._scope()}
        if self._params["only_unassigned"]:
            request["onlyUnassigned"] = True
        if self._params["asset_filters"]:
            request["filters"] = self._params["asset_filters"]
        return self.phoenix.listing("assets", {"requests": [request]})

    def findings(self) -> list[Data]:
        """Findings that the filters select."""
        return self.phoenix.listing("findings", {**(self._params["finding_filters"] or {}), **self._scope()})

    def postures(self) -> list[Data]:
        """The posture of the component, or of the application or environment, or of each of those."""
        excluded = {"excludeRiskAccepted": True} if self._params["exclude_risk_accepted"] else {}
        if self._component:
            paths = [f"components/{self._component}"]
        elif self._parent:
            paths = [f"applications/{self._parent.identifier}"]
        else:
            paths = [f"applications/{item['id']}" for item in self.applications()]
        return [self.phoenix.object(f"{path}/posture", query=excluded) for path in paths]

    def _scope(self) -> Data:
        if self._component:
            return {"componentServiceId": self._component}
        return {"applicationEnvironmentId": self._parent.identifier} if self._parent else {}


def judge(postures: Sequence[Mapping[str, Any]], expression: str, title: str, details: Mapping[str, Any]) -> None:
    """Raises ``GateClosed`` if the expression holds for a posture, and ``InvalidInput`` if it says nothing: a gate that cannot close is none."""
    bad = []
    for posture in postures:
        outcome = search(expression, posture)
        if outcome is None:
            raise InvalidInput(
                f"fail_when gives nothing for the posture of {_name(posture)}: {expression!r}",
                hint=f"It may name something that is not there. A posture has {', '.join(sorted(posture))}.",
                details=dict(details),
            )
        if outcome not in FALSE:
            bad.append(posture)
    if bad:
        shown = listed([f"{_name(posture)} (risk {posture.get('risk')}{_limit(posture)}, {_open(posture)})" for posture in bad])
        raise GateClosed(
            f"{len(bad)} of {len(postures)} postures meet fail_when, {expression!r}: {shown}",
            service=title,
            hint="Mend or accept the findings, or change the gate.",
            details={**details, "closed_by": [_name(posture) for posture in bad]},
        )


def _name(posture: Mapping[str, Any]) -> str:
    return label({"type": posture.get("type") or "component", "name": posture.get("name")})


def _limit(posture: Mapping[str, Any]) -> str:
    return f", threshold {posture['threshold']}" if posture.get("threshold") is not None else ""


def _open(posture: Mapping[str, Any]) -> str:
    found = (posture.get("posture") or {}).get("findings") or {}
    worst = ", ".join(f"{number} {name}" for name, number in (found.get("openByRisk") or {}).items() if number)
    return f"{found.get('open', 'an unknown number')} open findings" + (f": {worst}" if worst else "")
