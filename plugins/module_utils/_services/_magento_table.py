# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What is known of the resources of a Magento shop (contract §6.2): data for the modules, which know no resource by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput

ALL = "*"


@dataclass(frozen=True)
class Resource:
    """A kind of entity; routes are those below ``V1``, with members of the entity in braces.

    ``key`` are the members that name an entity, ``optional_key`` those that may be left out. ``number`` is the member with the number by which it is
    addressed, if that is not the key. ``item`` is the route of one entity (none: it is only listed), ``listing`` that of the list with search criteria,
    ``update`` that of a change where it is not ``item``; a resource without either is written by a POST each time, and deleted by one to ``removal``.

    ``resend`` names the members that a change repeats as they are, because what is not sent is lost or refused; ``in_all`` says that only a change of
    global values needs that. ``computed`` are members, and codes of custom attributes, that the shop makes itself. ``order`` are columns for a stable order.
    ``unlisted`` are members (dots go deeper) that only the route of one entity shows, and the list not. ``by_store`` entities belong to store views,
    ``scoped`` ones have values by store view. ``variables`` are the names of the path variable in PUT and in DELETE, for bulk calls. ``beside`` is what a
    creation needs beside the entity. ``fixed`` says why it cannot be written, ``kept`` why it cannot be deleted.
    """

    endpoint: str
    envelope: str = ""
    key: tuple[str, ...] = ()
    optional_key: tuple[str, ...] = ()
    number: str = ""
    item: str = ""
    listing: str = ""
    update: str = ""
    removal: str = ""
    resend: tuple[str, ...] = ()
    in_all: bool = False
    computed: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    by_store: bool = False
    scoped: bool = False
    as_list: bool = False
    variables: tuple[str, str] = ("", "")
    beside: Mapping[str, Any] = field(default_factory=dict)
    fixed: str = ""
    kept: str = ""

    def hides(self, wanted: Mapping[str, Any]) -> bool:
        """Whether the list does not show all that is wanted."""
        return any(_has(wanted, path.split(".")) for path in self.unlisted)

    @property
    def upserts(self) -> bool:
        """Whether one POST both creates and changes."""
        return not self.item and bool(self.envelope)


def _has(data: Any, path: list[str]) -> bool:
    return not path or (isinstance(data, Mapping) and path[0] in data and _has(data[path[0]], path[1:]))


@dataclass(frozen=True)
class ListRule:
    """How the entries of a list are told apart.

    ``key`` are the members that make two entries the same (dots go deeper); ``ids`` are taken over from the entry that is there; ``unread`` members are sent
    but never shown. With ``merge``, entries that are not given stay. A list of plain values has no key; ``unordered`` says that it is a set. A new entry
    is completed with ``defaults``, and with ``inherits`` from the entity, because the shop fails without them.
    """

    key: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    merge: bool = False
    unordered: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    inherits: tuple[str, ...] = ()


LISTS: dict[str, ListRule] = {
    "custom_attributes": ListRule(("attribute_code",), merge=True),
    "tier_prices": ListRule(("customer_group_id", "qty", "extension_attributes.website_id")),
    "product_links": ListRule(("link_type", "linked_product_sku"), inherits=("sku",)),
    "media_gallery_entries": ListRule(
        ("file",), ids=("id",), unread=("content",), defaults={"media_type": "image", "label": "", "position": 0, "disabled": False}
    ),
    "options": ListRule(("title",), ids=("option_id",)),
    "values": ListRule(("title",), ids=("option_type_id",)),
    "category_links": ListRule(("category_id",), defaults={"position": 0}),
    "addresses": ListRule(("firstname", "lastname", "postcode", "street"), ids=("id",)),
    "titles": ListRule(("store_id",)),
    "frontend_labels": ListRule(("store_id",)),
    "store_labels": ListRule(("store_id",)),
    "sales_channels": ListRule(("type", "code")),
    "carrier_links": ListRule(("carrier_code",)),
    **{
        name: ListRule(unordered=True)
        for name in (
            "website_ids",
            "customer_group_ids",
            "customer_tax_class_ids",
            "product_tax_class_ids",
            "tax_rate_ids",
            "product_ids",
            "apply_to",
            "types",
            "category_ids",
            "available_sort_by",
            "exclude_website_ids",
            "value",
        )
    },
}
"""Lists by the name of their member. One that is not here is compared entry by entry, in its order."""

CATEGORIES = "categories"
ATTRIBUTES = "products/attributes"
ATTRIBUTE_SETS = "products/attribute-sets"
PRODUCTS = "products"
_BY_COMMAND = "it can only be read over REST: change it in the admin panel or with bin/magento"

_RESOURCES = (
    Resource(
        PRODUCTS,
        "product",
        ("sku",),
        item="products/{sku}",
        listing="products",
        computed=("id", "created_at", "updated_at"),
        variables=("sku", "sku"),
        order=("entity_id",),
        unlisted=("extension_attributes.stock_item",),
        scoped=True,
    ),
    Resource(
        ATTRIBUTES,
        "attribute",
        ("attribute_code",),
        item="products/attributes/{attribute_code}",
        listing="products/attributes",
        resend=(ALL,),
        computed=("options", "backend_type", "backend_model", "source_model", "entity_type_id", "is_user_defined", "validation_rules"),
        variables=("attributeCode", "attributeCode"),
        order=("attribute_code",),
    ),
    Resource(
        ATTRIBUTE_SETS,
        "attributeSet",
        ("attribute_set_name",),
        number="attribute_set_id",
        item="products/attribute-sets/{attribute_set_id}",
        listing="products/attribute-sets/sets/list",
        resend=(ALL,),
        variables=("attributeSetId", "attributeSetId"),
        order=("attribute_set_id",),
        beside={"skeletonId": 4},
    ),
    Resource(
        CATEGORIES,
        "category",
        ("path",),
        number="id",
        item="categories/{id}",
        listing="categories/list",
        resend=(ALL,),
        in_all=True,
        computed=(
            "parent_id",
            "level",
            "children",
            "created_at",
            "updated_at",
            "path",
            "path_in_store",
            "children_count",
            "all_children",
            "position",
            "url_path",
        ),
        variables=("id", "categoryId"),
        order=("entity_id",),
        scoped=True,
    ),
    *(
        Resource(
            endpoint,
            envelope,
            ("identifier",),
            number="id",
            item=f"{endpoint}/{{id}}",
            listing=f"{endpoint}/search",
            resend=(ALL,),
            computed=("creation_time", "update_time"),
            variables=("id", f"{envelope}Id"),
            order=(f"{envelope}_id",),
            by_store=True,
        )
        for endpoint, envelope in (("cmsPage", "page"), ("cmsBlock", "block"))
    ),
    Resource(
        "customers",
        "customer",
        ("email",),
        ("website_id",),
        number="id",
        item="customers/{id}",
        listing="customers/search",
        resend=("email", "firstname", "lastname", "website_id"),
        computed=("created_at", "updated_at", "created_in"),
        variables=("customerId", "customerId"),
        order=("entity_id",),
        unlisted=("extension_attributes.is_subscribed",),
    ),
    Resource(
        "customerGroups",
        "group",
        ("code",),
        number="id",
        item="customerGroups/{id}",
        listing="customerGroups/search",
        resend=(ALL,),
        computed=("tax_class_name",),
        variables=("id", "id"),
        order=("customer_group_id",),
    ),
    Resource(
        "taxClasses",
        "taxClass",
        ("class_name", "class_type"),
        number="class_id",
        item="taxClasses/{class_id}",
        listing="taxClasses/search",
        resend=(ALL,),
        variables=("classId", "taxClassId"),
        order=("class_id",),
    ),
    Resource(
        "taxRates",
        "taxRate",
        ("code",),
        number="id",
        item="taxRates/{id}",
        listing="taxRates/search",
        update="taxRates",
        resend=(ALL,),
        computed=("region_name",),
        variables=("", "rateId"),
        order=("tax_calculation_rate_id",),
    ),
    Resource(
        "taxRules",
        "rule",
        ("code",),
        number="id",
        item="taxRules/{id}",
        listing="taxRules/search",
        update="taxRules",
        resend=(ALL,),
        variables=("", "ruleId"),
        order=("tax_calculation_rule_id",),
    ),
    Resource(
        "salesRules",
        "rule",
        ("name",),
        number="rule_id",
        item="salesRules/{rule_id}",
        listing="salesRules/search",
        resend=(ALL,),
        computed=("times_used",),
        variables=("ruleId", "ruleId"),
        order=("rule_id",),
    ),
    Resource(
        "coupons",
        "coupon",
        ("code",),
        number="coupon_id",
        item="coupons/{coupon_id}",
        listing="coupons/search",
        resend=(ALL,),
        computed=("times_used", "created_at", "expiration_date"),
        variables=("couponId", "couponId"),
        order=("coupon_id",),
    ),
    Resource(
        "inventory/sources",
        "source",
        ("source_code",),
        item="inventory/sources/{source_code}",
        listing="inventory/sources",
        resend=(ALL,),
        variables=("sourceCode", ""),
        order=("source_code",),
        kept="Magento has no route that deletes a source: disable it with enabled: false",
    ),
    Resource(
        "inventory/stocks",
        "stock",
        ("name",),
        number="stock_id",
        item="inventory/stocks/{stock_id}",
        listing="inventory/stocks",
        resend=(ALL,),
        variables=("stockId", "stockId"),
        order=("stock_id",),
    ),
    Resource(
        "inventory/source-items",
        "sourceItems",
        ("sku", "source_code"),
        listing="inventory/source-items",
        removal="inventory/source-items-delete",
        resend=(ALL,),
        order=("sku", "source_code"),
        as_list=True,
    ),
    Resource(
        "inventory/stock-source-links",
        "links",
        ("stock_id", "source_code"),
        listing="inventory/stock-source-links",
        removal="inventory/stock-source-links-delete",
        resend=(ALL,),
        order=("stock_id", "source_code"),
        as_list=True,
    ),
    *(Resource(f"store/{name}", fixed=_BY_COMMAND) for name in ("websites", "storeGroups", "storeViews", "storeConfigs")),
    Resource("modules", fixed=_BY_COMMAND),
    Resource("directory/countries", fixed=_BY_COMMAND),
)

RESOURCES: dict[str, Resource] = {resource.endpoint: resource for resource in _RESOURCES}
_LISTINGS: dict[str, Resource] = {resource.listing: resource for resource in _RESOURCES if resource.listing}


def route_from(endpoint: str) -> str:
    """An endpoint as a route below ``V1``. Raises ``InvalidInput`` for a whole path, whose store code would be ignored."""
    route = endpoint.strip("/")
    if route.startswith(("rest/", "index.php/")) or "/V1/" in f"/{route}"[1:]:
        raise InvalidInput(f"endpoint {endpoint!r} is a whole path", hint="Give what stands behind V1, such as products; the store view is the option store.")
    route = route[3:] if route.startswith("V1/") else route
    if not route or "?" in route or " " in route:
        raise InvalidInput(f"endpoint {endpoint!r} is no route", hint="Give what stands behind V1, such as products, without a query.")
    return route


def known(route: str) -> Resource | None:
    """The resource of a route, which may also be that of its list."""
    return RESOURCES.get(route) or _LISTINGS.get(route)
