# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of an entity and what a shop shows of it: values as they are stored, lists by their entries, and what is sent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_apply import resource_from
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_compare import (
    changed_part,
    completed,
    differences,
    overlaid,
    same,
    shown_part,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_entities import entity_from
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import LISTS, RESOURCES, known, route_from
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("wanted", "shown", "equal"),
    [
        (1, "1", True),
        ("10.5", 10.5, True),
        (10.5, "10.500000", True),
        ("10.50", "10.5000", True),
        (10, "10.000001", False),
        (True, "1", True),
        (True, 1, True),
        (False, "0", True),
        ("true", True, True),
        ("yes", True, False),
        (False, None, True),
        (True, None, False),
        (None, "", True),
        ("", None, True),
        (None, [], True),
        ("", 0, False),
        (0, None, False),
        ("2026-01-01", "2026-01-01 00:00:00", True),
        ("2026-01-01", "2026-01-01 10:00:00", False),
        ("007", "7", False),
        ("1.0", "1.00", False),
        ("007", 7, True),
        ("Tent", "tent", False),
        ("1e3", "1000", False),
        ("nan", "nan", True),
    ],
)
def test_values_are_compared_as_they_are_stored(wanted: Any, shown: Any, equal: bool) -> None:
    assert same(wanted, shown) is equal


def pairs(**values: Any) -> list[dict[str, Any]]:
    return [{"attribute_code": code, "value": value} for code, value in values.items()]


@pytest.mark.parametrize(
    ("wanted", "shown", "expected"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3, "d": 4}}, ["a.c"]),
        ({"a": {}}, {}, []),
        ({"a": {"b": None}}, {"a": []}, []),
        ({"website_ids": [2, "1"]}, {"website_ids": [1, 2]}, []),
        ({"website_ids": [1]}, {"website_ids": [1, 2]}, ["website_ids"]),
        ({"website_ids": [1, 1]}, {"website_ids": [1, 2]}, ["website_ids"]),
        ({"street": ["a", "b"]}, {"street": ["b", "a"]}, ["street"]),
        ({"street": []}, {}, []),
        ({"custom_attributes": pairs(color=4)}, {"custom_attributes": pairs(size="1", color="4")}, []),
        ({"custom_attributes": pairs(color=4, size=2)}, {"custom_attributes": pairs(size="1")}, ["custom_attributes.color", "custom_attributes.size"]),
        ({"custom_attributes": pairs(color="")}, {"custom_attributes": []}, []),
        ({"custom_attributes": pairs(season=[6, 5])}, {"custom_attributes": pairs(season="5,6")}, []),
        ({"custom_attributes": pairs(season="5,6")}, {"custom_attributes": pairs(season=["5", "6"])}, []),
        ({"tier_prices": [{"customer_group_id": 1, "qty": 2, "value": 9}]}, {"tier_prices": [{"customer_group_id": 1, "qty": 2.0, "value": 9.0}]}, []),
        ({"tier_prices": []}, {"tier_prices": [{"customer_group_id": 1, "qty": 2, "value": 9}]}, ["tier_prices"]),
        (
            {"product_links": [{"link_type": "related", "linked_product_sku": "007"}]},
            {"product_links": [{"link_type": "related", "linked_product_sku": "7"}]},
            ["product_links"],
        ),
    ],
)
def test_differences_name_members(wanted: dict[str, Any], shown: dict[str, Any], expected: list[str]) -> None:
    assert differences(wanted, shown) == expected


@pytest.mark.parametrize(
    ("given_name", "file", "found"),
    [
        ("Front.png", "/f/r/front.png", True),
        ("Front.png", "/f/r/front_1.png", True),
        ("front_1.png", "/f/r/front_1.png", True),
        ("my photo", "/m/y/my_photo.jpg", True),
        ("back.png", "/f/r/front.png", False),
    ],
)
def test_pictures_are_known_by_their_names(given_name: str, file: str, found: bool) -> None:
    wanted = {"media_gallery_entries": [{"label": "x", "content": {"name": given_name}}]}
    shown = {"media_gallery_entries": [{"id": 3, "label": "x", "file": file}]}
    assert (differences(wanted, shown) == []) is found
    (sent,) = overlaid(wanted, shown)["media_gallery_entries"]
    assert ("content" in sent) is not found and (sent.get("file") == file) is found


def test_the_shorter_name_does_not_take_the_picture_of_the_longer_one() -> None:
    wanted = {"media_gallery_entries": [{"content": {"name": "a.png"}, "label": "one"}, {"content": {"name": "a_1.png"}, "label": "two"}]}
    shown = {"media_gallery_entries": [{"id": 2, "file": "/a/_/a_1.png", "label": "two"}, {"id": 1, "file": "/a/_/a.png", "label": "one"}]}
    assert not differences(wanted, shown)


values = st.one_of(st.none(), st.booleans(), st.integers(-99, 99), st.text("ab1 .", max_size=4))
entities = st.dictionaries(
    st.sampled_from(["name", "price", "street", "website_ids", "region"]),
    st.one_of(values, st.lists(values, max_size=3), st.dictionaries(st.sampled_from("xyz"), values, max_size=3)),
    max_size=4,
).flatmap(
    lambda entity: st.dictionaries(st.sampled_from(["color", "size", "kind"]), values, max_size=3).map(
        lambda attributes: {**entity, **({"custom_attributes": pairs(**attributes)} if attributes else {})}
    )
)


@given(entities, entities)
def test_what_is_sent_leaves_no_difference(wanted: dict[str, Any], shown: dict[str, Any]) -> None:
    assert not differences(wanted, wanted)
    assert not differences(wanted, overlaid(wanted, shown))
    part = changed_part(wanted, shown)
    assert (not part) == (not differences(wanted, shown))
    assert not differences(wanted, overlaid(part, shown))
    assert set(shown_part(wanted, shown)) == set(wanted)


def test_entries_are_completed_with_what_the_shop_fails_without() -> None:
    links = [{"link_type": "related", "linked_product_sku": "y"}]
    entity = {"sku": "x", "product_links": links, "extension_attributes": {"category_links": [{"category_id": 3}, {"category_id": 4, "position": 2}]}}
    sent = completed({**entity, "media_gallery_entries": [{"label": "Front"}], "tier_prices": [{"qty": 1}]})
    assert sent["product_links"] == [{"sku": "x", **links[0]}]
    assert sent["extension_attributes"]["category_links"] == [{"position": 0, "category_id": 3}, {"category_id": 4, "position": 2}]
    assert sent["media_gallery_entries"] == [{"media_type": "image", "label": "Front", "position": 0, "disabled": False}]
    assert sent["tier_prices"] == [{"qty": 1}]


# The table


def test_every_known_resource_is_complete() -> None:
    for endpoint, resource in RESOURCES.items():
        assert known(endpoint) is resource and route_from(f"/V1/{endpoint}/") == endpoint
        if resource.fixed:
            continue
        assert resource.envelope and resource.key and resource.listing and resource.order, endpoint
        assert resource.removal or resource.kept or resource.item, endpoint
        for name in resource.item.split("{")[1:]:
            assert name.partition("}")[0] in (resource.number, *resource.key), endpoint
    assert all(rule.key or rule.unordered for rule in LISTS.values())


def test_options_describe_an_endpoint_that_is_not_known() -> None:
    one = resource_from({"key": ["code"], "envelope": "thing"}, "vendor/things")
    assert (one.item, one.number, one.key) == ("vendor/things/{code}", "", ("code",))
    two = resource_from({"key": ["code", "site"], "envelope": "thing"}, "vendor/things")
    assert (two.item, two.number, two.listing) == ("vendor/things/{id}", "id", "vendor/things/search")
    three = resource_from({"key": ["code"], "envelope": "thing", "id_field": "thing_id", "search_endpoint": "/vendor/list"}, "vendor/things")
    assert (three.item, three.listing) == ("vendor/things/{thing_id}", "vendor/list")


def test_a_body_may_be_written_in_several_ways() -> None:
    entity = {"sku": "x", "custom_attributes": pairs(color=4, size="")}
    products = RESOURCES["products"]
    assert entity_from({"product": {"sku": "x", "custom_attributes": {"color": 4, "size": None}}}, products) == entity
    assert entity_from(entity, products) == entity
    labels = {"frontend_labels": [{"store_id": 0, "label": "Fabric"}, {"store_id": 2, "label": "Stoff"}]}
    entity = {"default_frontend_label": "Fabric", "frontend_labels": [{"store_id": 2, "label": "Stoff"}]}
    assert entity_from(labels, RESOURCES["products/attributes"]) == entity
    assert entity_from({"attribute_code": "x", "options": ["a"]}, RESOURCES["products/attributes"])["options"] == [{"label": "a"}]
