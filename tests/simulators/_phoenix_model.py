# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data behind the Phoenix simulator: organisations and what belongs to them (contract §3.4)."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ._phoenix_filters import rule_matches

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "phoenix.example")

Tag = tuple[str | None, str]
"""Key (or none) and value."""

APPLICATION_TYPES = ("APPLICATION", "ENVIRONMENT")
SUB_TYPES = ("CLOUD", "INFRA")
TEAM_TYPES = ("GENERAL", "SECURITY")
LINK_KINDS = ("applications", "components")
ROLES = ("ORG_ADMIN", "ORG_APP_ADMIN", "ORG_USER", "ORG_ADMIN_LITE", "ORG_SEC_ADMIN", "ORG_SEC_DEV")
LENIENT_ROLES = ("SECURITY_CHAMPION", "ENGINEERING_USER", "APPLICATION_ADMIN")
ASSET_TYPES = ("CLOUD", "INFRA", "CONTAINER", "WEBSITE_API", "REPOSITORY", "SOURCE_CODE", "BUILD")
FINDING_TYPES = {
    "CLOUD": "CLOUD",
    "INFRA": "INFRA",
    "CONTAINER": "CONTAINER",
    "WEBSITE_API": "WEB",
    "REPOSITORY": "FOSS",
    "SOURCE_CODE": "SAST",
    "BUILD": "FOSS",
}
APPSEC_TYPES = frozenset({"WEBSITE_API", "REPOSITORY", "SOURCE_CODE", "BUILD"})
ENVIRONMENT_TYPES = {"CLOUD": frozenset({"CLOUD"}), "INFRA": frozenset({"INFRA", "CONTAINER"}), None: frozenset({"CLOUD", "INFRA", "CONTAINER"})}
EXPOSURES = ("INTERNAL", "DMZ", "EXTERNAL")
"""From the least to the most exposed."""


@dataclass
class User:
    id: str
    email: str
    first_name: str
    last_name: str
    role: str
    active: bool = True
    created: float = 0.0


@dataclass
class AutoLink:
    """Tags that link applications or components to a team; ``match`` is ANY or ALL."""

    match: str
    tags: list[Tag] = field(default_factory=list)

    def covers(self, tags: Iterable[Tag]) -> bool:
        found = [tag in tags for tag in self.tags]
        return bool(found) and (all(found) if self.match == "ALL" else any(found))


@dataclass
class Team:
    id: str
    name: str
    type: str
    members: list[str] = field(default_factory=list)
    auto_links: dict[str, AutoLink] = field(default_factory=dict)
    """By ``applications`` and ``components``."""
    link_users: bool = False
    created: float = 0.0


@dataclass
class Application:
    """An application or an environment; ``threshold`` and ``value`` are none where the organisation's hold."""

    id: str
    name: str
    type: str
    sub_type: str | None = None
    criticality: float = 5
    owner: str | None = None
    value: float | None = None
    threshold: float | None = None
    responsible: list[str] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    ticketing: dict[str, Any] | None = None
    messaging: dict[str, Any] | None = None
    deployed_to: list[str] = field(default_factory=list)
    default: bool = False
    created: float = 0.0

    @property
    def asset_types(self) -> frozenset[str]:
        return APPSEC_TYPES if self.type == "APPLICATION" else ENVIRONMENT_TYPES[self.sub_type]


@dataclass
class Rule:
    id: str
    name: str
    filter: dict[str, Any]


@dataclass
class Component:
    """A component of an application or a service of an environment."""

    id: str
    application: str
    name: str
    criticality: float | None = None
    tags: list[Tag] = field(default_factory=list)
    ticketing: dict[str, Any] | None = None
    messaging: dict[str, Any] | None = None
    rules: list[Rule] = field(default_factory=list)
    deployed_to: list[str] = field(default_factory=list)
    inherits: bool = False
    default: bool = False
    created: float = 0.0


@dataclass
class Asset:
    id: str
    type: str
    key: str
    name: str
    resource_type: str
    locality: str
    source: str
    attributes: dict[str, Any]
    tags: dict[Tag, set[str]] = field(default_factory=dict)
    """Each tag with who owns it (USER, REST_API_TAG, REST_API_IMPORT, SCANNER_OR_SYSTEM)."""
    software: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Finding:
    """A finding; ``score`` is 0 to 1000, dates are ``yyyy-MM-dd``."""

    id: str
    asset: str
    name: str
    score: int
    type: str
    opened: str
    description: str = ""
    remedy: str = ""
    status: str = "OPEN"
    closed: str | None = None
    location: str = ""
    cves: list[str] = field(default_factory=list)
    epss: float = 0.0
    accepted: bool = False
    suggested: bool = False
    zero_day: bool = False
    scanner: str = "Phoenix Import"
    assessment: str | None = None
    tags: list[tuple[str | None, str, str]] = field(default_factory=list)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class Integration:
    """A ticketing or messaging integration with its projects or channels by id."""

    id: str
    name: str
    type: str
    places: dict[str, str]


@dataclass
class Campaign:
    id: str
    name: str
    stats: dict[str, Any] | None


@dataclass
class ImportJob:
    """An accepted import: translated at ``ready``, in the data from ``due`` on (Unix seconds of the simulator's clock)."""

    id: str
    kind: str
    ready: float
    due: float
    report: dict[str, Any]
    outcome: str = "IMPORTED"
    error: str = ""
    automatic: bool = True
    applied: bool = False

    def status(self, now: float) -> str:
        if self.outcome == "TRANSLATING" or now < self.ready:
            return "TRANSLATING"
        if self.outcome == "ERROR":
            return "ERROR"
        if not self.automatic or now < self.due:
            return "TRANSLATING" if self.kind == "sbom" else "READY_FOR_IMPORT"
        return "IMPORTED"


@dataclass
class Organisation:
    """One tenant: everything that a credential of it can see."""

    name: str
    id: str = ""
    users: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    assets: dict[str, Asset] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    jobs: dict[str, ImportJob] = field(default_factory=dict)
    idempotency: dict[str, str] = field(default_factory=dict)
    ticketing: list[Integration] = field(default_factory=list)
    messaging: list[Integration] = field(default_factory=list)
    tags: dict[str, Tag] = field(default_factory=dict)
    emails: list[dict[str, str]] = field(default_factory=list)
    _numbers: Counter[str] = field(default_factory=Counter)
    _children: dict[str, dict[str, Component]] = field(default_factory=dict)
    _by_asset: dict[str, dict[str, Finding]] = field(default_factory=dict)
    _by_key: dict[tuple[str, str], Asset] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.id = self.id or self.new_id("organisation")

    def new_id(self, kind: str) -> str:
        """The next identifier of a kind: the same in every run with the same calls."""
        self._numbers[kind] += 1
        return str(uuid.uuid5(NAMESPACE, f"{self.name}/{kind}/{self._numbers[kind]}"))

    def tag_id(self, tag: Tag) -> str:
        """The identifier of a tag, which is the same wherever the organisation uses the tag."""
        identifier = str(uuid.uuid5(NAMESPACE, f"{self.name}/tag/{tag[0]!r}/{tag[1]!r}"))
        self.tags.setdefault(identifier, tag)
        return identifier

    def add_component(self, component: Component) -> Component:
        self.components[component.id] = component
        self._children.setdefault(component.application, {})[component.id] = component
        return component

    def remove_component(self, component: Component) -> None:
        """Removes a component or service with its rules and every deployment link onto it."""
        del self.components[component.id]
        del self._children[component.application][component.id]
        for holder in self.holders():
            if component.id in holder.deployed_to:
                holder.deployed_to.remove(component.id)

    def holders(self) -> list[Application | Component]:
        """Everything that has tags and deployment links."""
        return [*self.applications.values(), *self.components.values()]

    def children(self, application: Application) -> list[Component]:
        return list(self._children.get(application.id, {}).values())

    def is_service(self, component: Component) -> bool:
        return self.applications[component.application].type == "ENVIRONMENT"

    def add_asset(self, asset: Asset) -> Asset:
        self.assets[asset.id] = asset
        self._by_key[asset.type, asset.key] = asset
        for tag in asset.tags:
            self.tag_id(tag)
        return asset

    def asset_by_key(self, kind: str, key: str) -> Asset | None:
        return self._by_key.get((kind, key))

    def add_finding(self, finding: Finding) -> Finding:
        self.findings[finding.id] = finding
        self._by_asset.setdefault(finding.asset, {})[finding.id] = finding
        return finding

    def remove_finding(self, finding: Finding) -> None:
        del self.findings[finding.id]
        del self._by_asset[finding.asset][finding.id]

    def findings_on(self, assets: Iterable[Asset]) -> list[Finding]:
        return [finding for asset in assets for finding in self._by_asset.get(asset.id, {}).values()]

    def holds(self, component: Component, asset: Asset) -> bool:
        """Whether an asset is associated with a component: by one of its rules, or by nobody's if it is the default one."""
        parent = self.applications[component.application]
        if asset.type not in parent.asset_types:
            return False
        if component.default:
            return not self.is_assigned(asset)
        return any(rule_matches(rule.filter, asset) for rule in component.rules)

    def is_assigned(self, asset: Asset) -> bool:
        return any(self.holds(component, asset) for component in self.components.values() if component.rules and not component.default)

    def assets_of(self, component: Component) -> list[Asset]:
        if not component.rules and not component.default:
            return []
        return [asset for asset in self.assets.values() if self.holds(component, asset)]

    def assets_in(self, application: Application) -> list[Asset]:
        found = {asset.id: asset for component in self.children(application) for asset in self.assets_of(component)}
        return list(found.values())

    def parents_of(self, asset: Asset) -> list[Component]:
        return [component for component in self.components.values() if self.holds(component, asset)]

    def links_of(self, component: Component) -> list[str]:
        """The services that a component is deployed to."""
        return self.applications[component.application].deployed_to if component.inherits else component.deployed_to

    def exposure(self, component: Component) -> str | None:
        """The calculated exposure (contract §3.4): of the services deployed to, else of the assets."""
        links = [] if self.is_service(component) else self.links_of(component)
        if links:
            found = [self.exposure(self.components[link]) for link in links]
        else:
            found = [asset.locality for asset in self.assets_of(component)]
            if not found and self.is_service(component) and self.is_target(component):
                return "DMZ"
        return max((e for e in found if e), key=EXPOSURES.index, default=None)

    def is_target(self, service: Component) -> bool:
        return any(service.id in a.deployed_to for a in self.applications.values()) or any(
            not c.inherits and service.id in c.deployed_to for c in self.components.values()
        )

    def scope_of(self, team: Team) -> set[str]:
        """Identifiers of the components that a team is linked to by tags or by its members."""
        linked = set()
        for application in self.applications.values():
            by_tags = "applications" in team.auto_links and team.auto_links["applications"].covers(application.tags)
            people = {application.owner, *application.responsible}
            if by_tags or (team.link_users and people & set(team.members)):
                linked |= {component.id for component in self.children(application)}
        if "components" in team.auto_links:
            linked |= {c.id for c in self.components.values() if team.auto_links["components"].covers(c.tags)}
        return linked
