# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: categories, pages and blocks (contract §6.2)."""

from __future__ import annotations

import pytest

from ._magento import Client, criteria, custom

URL_KEY = "URL key for specified store already exists."


@pytest.fixture
def shop() -> Client:
    return Client()


def test_a_category(shop: Client) -> None:
    made = shop.ok("POST", "V1/categories", {"category": {"name": "Water sports", "parent_id": 2, "is_active": True}})
    assert (made["id"], made["position"], made["level"], made["path"]) == (11, 4, 2, "1/2/11")
    assert custom(made)["url_key"] == "water-sports"
    below = shop.ok("POST", "V1/categories", {"category": {"name": "Kayaks", "parent_id": 11}})
    assert (custom(below)["url_path"], below["level"]) == ("water-sports/kayaks", 3)
    assert shop.ok("GET", "V1/categories/11")["children"] == str(below["id"])
    error = shop.refused(400, "Could not save category: %1", "POST", "V1/categories", {"category": {"name": "Water Sports", "parent_id": 2}})
    assert error["parameters"] == [URL_KEY]
    error = shop.refused(400, "Could not save category: %1", "POST", "V1/categories", {"category": {"parent_id": 2}})
    assert error["parameters"] == ['The "Name" attribute value is empty. Set the attribute and try again.']
    changed = shop.ok("PUT", "V1/categories/11", {"category": {"is_active": False, "parent_id": 3}})
    assert (changed["is_active"], changed["name"], changed["parent_id"]) == (False, "Water sports", 2)
    missing = "No such entity with %fieldName = %fieldValue"
    for method, body in (("GET", None), ("PUT", {"category": {"name": "x"}}), ("DELETE", None)):
        assert shop.refused(404, missing, method, "V1/categories/999", body)["parameters"] == {"fieldName": "id", "fieldValue": 999}
    shop.refused(404, missing, "POST", "V1/categories", {"category": {"name": "x", "parent_id": 999}})
    assert shop.ok("DELETE", "V1/categories/11") is True
    assert shop.call("GET", f"V1/categories/{below['id']}").status == 404
    for number in (1, 2):
        assert shop.refused(400, "Cannot delete category with id %1", "DELETE", f"V1/categories/{number}")["parameters"] == [number]


def test_a_category_without_a_parent_goes_below_the_root(shop: Client) -> None:
    assert shop.ok("POST", "V1/categories", {"category": {"name": "Top", "position": 50}})["parent_id"] == 2
    assert shop.ok("GET", "V1/categories/11")["position"] == 50
    assert shop.ok("PUT", "V1/categories/11", {"category": {"position": 51}})["position"] == 51


def test_categories_have_values_by_store_too(shop: Client) -> None:
    changed = {"category": {"name": "Zelten", "custom_attributes": [{"attribute_code": "description", "value": "Draußen"}]}}
    shop.ok("PUT", "de/V1/categories/3", changed)
    assert [shop.ok("GET", f"{store}/V1/categories/3")["name"] for store in ("de", "default", "all")] == ["Zelten", "Camping", "Camping"]
    assert custom(shop.ok("GET", "de/V1/categories/3"))["description"] == "Draußen"
    error = shop.refused(
        400, "Could not save category: %1", "PUT", "V1/categories/3", {"category": {"custom_attributes": [{"attribute_code": "url_key", "value": "hiking"}]}}
    )
    assert error["parameters"] == [URL_KEY]


def test_the_category_tree(shop: Client) -> None:
    tree = shop.ok("GET", "V1/categories")
    assert (tree["id"], tree["product_count"], [child["name"] for child in tree["children_data"]]) == (2, 12, ["Camping", "Hiking", "Climbing"])
    assert [child["name"] for child in tree["children_data"][0]["children_data"]] == ["Tents", "Sleeping bags", "Cooking"]
    assert list(tree) == ["id", "parent_id", "name", "is_active", "position", "level", "product_count", "children_data"]
    assert shop.ok("GET", "V1/categories?rootCategoryId=1&depth=1")["children_data"][0]["children_data"] == []
    assert shop.call("GET", "V1/categories?rootCategoryId=77").status == 404


def test_the_category_list(shop: Client) -> None:
    found = shop.ok("GET", f"V1/categories/list?{criteria(('parent_id', 'eq', '3'), sort='name DESC')}")
    assert [category["name"] for category in found["items"]] == ["Tents", "Sleeping bags", "Cooking"]
    for given, number in ((("entity_id", "eq", "7"), 7), (("name", "like", "Cook%"), 6), (("children_count", "eq", "2"), 7), (("path", "eq", "1/2/10"), 10)):
        assert [category["id"] for category in shop.ok("GET", f"V1/categories/list?{criteria(given)}")["items"]] == [number]


def test_moving_a_category(shop: Client) -> None:
    assert shop.ok("PUT", "V1/categories/3/move", {"parentId": 7, "afterId": 8}) is True
    moved = shop.ok("GET", "V1/categories/4")
    assert (moved["path"], moved["level"]) == ("1/2/7/3/4", 4)
    assert [child["id"] for child in shop.ok("GET", "V1/categories?rootCategoryId=7")["children_data"]] == [8, 3, 9]
    shop.refused(400, "Operation do not allow to move a parent category to any of children category", "PUT", "V1/categories/7/move", {"parentId": 3})


def test_a_page(shop: Client) -> None:
    page = {"identifier": "jobs", "title": "Jobs", "content": "<p>Join us</p>"}
    made = shop.ok("POST", "V1/cmsPage", {"page": page})
    assert made == {"id": 7, **page, "active": False}
    read = shop.ok("GET", "V1/cmsPage/7")
    assert read == {"id": 7, **page, "creation_time": "2023-11-14 22:13:20", "update_time": "2023-11-14 22:13:20", "sort_order": "0", "active": True}
    failed = "Could not save the page: %1"
    assert shop.refused(400, failed, "POST", "V1/cmsPage", {"page": page})["parameters"] == [URL_KEY]
    assert shop.refused(400, failed, "POST", "all/V1/cmsPage", {"page": page})["parameters"] == [URL_KEY]
    assert shop.ok("POST", "de/V1/cmsPage", {"page": page})["id"] == 8
    for identifier, text in (("123", "only numbers"), ("Jobs", "capital letters")):
        error = shop.refused(400, failed, "POST", "V1/cmsPage", {"page": {**page, "identifier": identifier}})
        assert text in error["parameters"][0]
    assert shop.ok("PUT", "V1/cmsPage/7", {"page": {"identifier": "jobs", "content": "new"}})["identifier"] == "jobs"
    assert shop.ok("PUT", "V1/cmsPage/7", {"page": {"content": "newer"}})["identifier"] == "jobs"
    assert shop.ok("PUT", "V1/cmsPage/7", {"page": {"title": "Work with us"}})["identifier"] == "work-with-us"
    assert shop.ok("DELETE", "V1/cmsPage/7") is True
    missing = 'The CMS page with the "%1" ID doesn\'t exist.'
    for method, body in (("GET", None), ("PUT", {"page": {"title": "x"}}), ("DELETE", None)):
        assert shop.refused(404, missing, method, "V1/cmsPage/7", body)["parameters"] == [7]


def test_pages_are_found_by_identifier_and_store(shop: Client) -> None:
    found = shop.ok("GET", f"V1/cmsPage/search?{criteria(('identifier', 'eq', 'about-us'), ('store_id', 'eq', '0'), ('is_active', 'eq', '1'))}")
    assert [page["title"] for page in found["items"]] == ["About us"]


def test_a_block(shop: Client) -> None:
    block = {"identifier": "hint", "title": "Hint", "content": "Look up", "active": True}
    made = shop.ok("POST", "V1/cmsBlock", {"block": block})
    assert made == {"id": 3, **block}
    taken = "A block identifier with the same properties already exists in the selected store."
    shop.refused(400, taken, "POST", "V1/cmsBlock", {"block": block})
    shop.refused(400, taken, "PUT", "V1/cmsBlock/3", {"block": {"identifier": "footer-links"}})
    assert shop.ok("POST", "de/V1/cmsBlock", {"block": block})["id"] == 4
    changed = shop.ok("PUT", "V1/cmsBlock/3", {"block": {"title": "Tip"}})
    assert (changed["identifier"], changed["title"], "update_time" in changed) == ("hint", "Tip", False)
    assert shop.ok("DELETE", "V1/cmsBlock/3") is True
    missing = 'The CMS block with the "%1" ID doesn\'t exist.'
    for method, body in (("GET", None), ("PUT", {"block": {"title": "x"}}), ("DELETE", None)):
        assert shop.refused(404, missing, method, "V1/cmsBlock/3", body)["parameters"] == [3]
    found = shop.ok("GET", f"V1/cmsBlock/search?{criteria(('block_id', 'eq', '4'))}")
    assert found["items"][0]["identifier"] == "hint"


def test_members_that_are_left_out_of_a_category(shop: Client) -> None:
    body = {"category": {"name": "Tents", "custom_attributes": [{"attribute_code": "description", "value": "<p>x</p>"}]}}
    shop.ok("PUT", "all/V1/categories/4", body)
    shop.ok("PUT", "all/V1/categories/4", {"category": {"is_active": True}})
    assert custom(shop.ok("GET", "all/V1/categories/4"))["description"] == "<p>x</p>"
    shop.simulator.switch(omitted_members="lost")
    shop.refused(400, "Could not save category: %1", "PUT", "all/V1/categories/4", {"category": {"is_active": True}})
    shop.ok("PUT", "V1/categories/4", {"category": {"is_active": True}})
    assert custom(shop.ok("GET", "all/V1/categories/4"))["description"] == "<p>x</p>"
    shop.ok("PUT", "all/V1/categories/4", {"category": {"name": "Tents"}})
    assert "description" not in custom(shop.ok("GET", "all/V1/categories/4"))


def test_members_that_are_left_out_of_a_page_and_a_block(shop: Client) -> None:
    page = shop.ok("GET", f"V1/cmsPage/search?{criteria(('identifier', 'eq', 'about-us'))}")["items"][0]
    for position, content in (("kept", page["content"]), ("lost", None)):
        shop.simulator.switch(omitted_members=position)
        changed = shop.ok("PUT", f"all/V1/cmsPage/{page['id']}", {"page": {"identifier": "about-us", "title": position}})
        assert (changed["title"], changed.get("content"), changed["active"]) == (position, content, True)
    shop.ok("PUT", "all/V1/cmsBlock/1", {"block": {"identifier": "footer-links", "title": "Links"}})
    assert "content" not in shop.ok("GET", "V1/cmsBlock/1")


def test_a_change_puts_a_block_into_the_store_view_of_the_url(shop: Client) -> None:
    def views() -> list[int]:
        return [view for view in (0, 1, 2) if shop.ok("GET", f"V1/cmsBlock/search?{criteria(('block_id', 'eq', '1'), ('store_id', 'eq', str(view)))}")["items"]]

    found = [views()]
    for store in ("de/", "", "all/"):
        shop.ok("PUT", f"{store}V1/cmsBlock/1", {"block": {"title": "Links"}})
        found.append(views())
    assert found == [[0], [2], [1], [0]]
