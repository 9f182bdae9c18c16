# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The route table of the Magento simulator and how a route is chosen (contract §2.1, §6.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from ._magento_shop import Shop

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
MISSING: Any = object()
ANONYMOUS, SELF = "anonymous", "self"


@dataclass(frozen=True)
class Parameter:
    """A parameter of a service method; without a default it is required."""

    name: str
    type: str
    default: Any = MISSING

    @property
    def is_required(self) -> bool:
        return self.default is MISSING


@dataclass(frozen=True)
class Route:
    """A REST route: where it is, whom it is for, which service method it calls.

    ``forced`` names the request member that the service sets to the caller's customer number (contract §3.5, ``self`` routes).
    """

    method: str
    path: str
    service: str
    operation: str
    resources: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    returns: str
    implementation: str
    forced: str
    available: Callable[[Shop], bool]
    call: Callable[..., Any]

    @property
    def service_name(self) -> str:
        """The name in the schema, such as ``catalogProductRepositoryV1``."""
        parts = self.service.split("\\")
        module, interface = parts[1], parts[-1].removesuffix("Interface")
        return module[0].lower() + module[1:] + interface + "V1"

    @property
    def topic(self) -> str:
        """The message queue's topic of this route (contract §6.3)."""
        return ".".join(["async", *self.service.lower().split("\\"), self.operation.lower(), self.method.lower()])

    @property
    def bulk_path(self) -> str:
        """The path in bulk calls: ``:sku`` is written ``bySku`` (contract §6.3)."""
        return re.sub(r":(\w)", lambda match: "by" + match[1].upper(), self.path)


ROUTES: list[Route] = []


def route(
    method: str,
    path: str,
    service: str,
    *resources: str,
    parameters: str = "",
    returns: str = "",
    implementation: str = "",
    forced: str = "",
    available: Callable[[Shop], bool] = lambda shop: True,
) -> Decorator:
    """Registers a function as the service behind a route.

    ``service`` is the PHP interface (without ``Magento\\``) and method, ``Catalog\\Api\\ProductRepositoryInterface::save``;
    ``parameters`` are ``name:type`` or ``name:type=default`` (JSON); ``implementation`` is the class whose name a bulk result shows.
    """
    interface, _colons, operation = service.partition("::")
    name = "Magento\\" + interface

    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        declared = tuple(_parameter(text) for text in parameters.split())
        class_name = "Magento\\" + implementation if implementation else name.replace("\\Api\\", "\\Model\\").removesuffix("Interface")
        ROUTES.append(Route(method, "/V1/" + path, name, operation, resources, declared, returns, class_name, forced, available, call))
        return call

    return register


def _parameter(text: str) -> Parameter:
    declaration, equals, default = text.partition("=")
    name, _colon, type_ = declaration.partition(":")
    return Parameter(name, type_, json.loads(default) if equals else MISSING)


def segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def match(shop: Shop, method: str, path: str, bulk: bool = False) -> tuple[Route, dict[str, str]] | None:
    """The route of a path and its decoded variables.

    An exact literal path wins; else the last match of the routes sorted by their paths (contract §2.1).
    """
    wanted = segments(path)
    found: Route | None = None
    routes = [route for route in ROUTES if route.method == method and route.available(shop)]
    for candidate in sorted(routes, key=lambda route: route.path):
        template = segments(candidate.bulk_path if bulk else candidate.path)
        if template == wanted:
            found = candidate
            break
        if len(template) == len(wanted) and all(part == given or (part.startswith(":") and given) for part, given in zip(template, wanted)):
            found = candidate
    if found is None:
        return None
    template = segments(found.bulk_path if bulk else found.path)
    return found, {part[1:]: unquote(given) for part, given in zip(template, wanted) if part.startswith(":")}
