# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles and permissions of the Magento simulator (contract §3.5, §6.2)."""

from __future__ import annotations

from ._magento_routes import ANONYMOUS, SELF
from ._magento_shop import ADMIN, CUSTOMER, INTEGRATION, Caller, Shop

ROOT = "Magento_Backend::all"
PARENTS = {
    "Magento_Backend::admin": ROOT,
    "Magento_Catalog::catalog": "Magento_Backend::admin",
    "Magento_Catalog::catalog_inventory": "Magento_Catalog::catalog",
    "Magento_Catalog::products": "Magento_Catalog::catalog_inventory",
    "Magento_Catalog::categories": "Magento_Catalog::catalog_inventory",
    "Magento_Backend::stores": "Magento_Backend::admin",
    "Magento_Backend::stores_settings": "Magento_Backend::stores",
    "Magento_Backend::store": "Magento_Backend::stores_settings",
    "Magento_Backend::stores_attributes": "Magento_Backend::stores",
    "Magento_Catalog::attributes_attributes": "Magento_Backend::stores_attributes",
    "Magento_Catalog::sets": "Magento_Backend::stores_attributes",
    "Magento_Backend::content": "Magento_Backend::admin",
    "Magento_Backend::content_elements": "Magento_Backend::content",
    "Magento_Cms::page": "Magento_Backend::content_elements",
    "Magento_Cms::save": "Magento_Cms::page",
    "Magento_Cms::page_delete": "Magento_Cms::page",
    "Magento_Cms::block": "Magento_Backend::content_elements",
    "Magento_Customer::customer": "Magento_Backend::admin",
    "Magento_Customer::manage": "Magento_Customer::customer",
    "Magento_Customer::delete": "Magento_Customer::customer",
    "Magento_Customer::group": "Magento_Customer::customer",
    "Magento_Tax::manage_tax": "Magento_Backend::stores",
    "Magento_SalesRule::quote": "Magento_Backend::admin",
    "Magento_InventoryApi::inventory": "Magento_Backend::stores",
    "Magento_InventoryApi::source": "Magento_InventoryApi::inventory",
    "Magento_InventoryApi::source_edit": "Magento_InventoryApi::source",
    "Magento_InventoryApi::stock": "Magento_InventoryApi::inventory",
    "Magento_InventoryApi::stock_edit": "Magento_InventoryApi::stock",
    "Magento_InventoryApi::stock_delete": "Magento_InventoryApi::stock",
    "Magento_InventoryApi::stock_source_link": "Magento_InventoryApi::stock",
    "Magento_InventoryApi::stock_source_item_assign": "Magento_Catalog::catalog_inventory",
    "Magento_Logging::system_magento_logging_bulk_operations": "Magento_Backend::admin",
    "Magento_TwoFactorAuth::tfa": "Magento_Backend::admin",
}
"""The part of the permission tree that the simulated routes name; a role that allows a node allows everything below it."""


def role_allows(resources: set[str], wanted: str) -> bool:
    """Whether a role allows a resource. A name outside the tree is allowed only to a role that allows everything."""
    node: str | None = wanted if wanted in PARENTS else ROOT
    while node is not None:
        if node in resources:
            return True
        node = PARENTS.get(node)
    return False


def resources_of(shop: Shop, caller: Caller) -> set[str]:
    """The resources of the caller's role; none for customers and guests."""
    role: str | None = None
    if caller.type == ADMIN:
        role = next((user.role for user in shop.admins if user.id == caller.id), None)
    elif caller.type == INTEGRATION:
        role = next((integration.role for integration in shop.integrations if integration.id == caller.id), None)
    return shop.roles.get(role, set()) if role else set()


def is_allowed(shop: Shop, caller: Caller, resources: tuple[str, ...]) -> bool:
    """Whether the caller may use a route with all of these resources."""
    allowed = resources_of(shop, caller)
    return all(resource == ANONYMOUS or (resource == SELF and caller.type == CUSTOMER) or role_allows(allowed, resource) for resource in resources)
