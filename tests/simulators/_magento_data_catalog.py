# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data interfaces of the catalogue, content and bulk services, as the recorded answers and the published interfaces show them."""

from __future__ import annotations

from ._magento_types import declare

declare("Filter", "Magento\\Framework\\Api\\Filter", "field:string value:string condition_type:string?")
declare("FilterGroup", "Magento\\Framework\\Api\\Search\\FilterGroup", "filters:Filter[]?")
declare("SortOrder", "Magento\\Framework\\Api\\SortOrder", "field:string direction:string")
declare(
    "SearchCriteria",
    "Magento\\Framework\\Api\\SearchCriteriaInterface",
    "filter_groups:FilterGroup[] sort_orders:SortOrder[]? page_size:int? current_page:int?",
)


def declare_list(item: str, php_name: str) -> str:
    """Registers the search result of an item type."""
    return declare(f"{item}List", php_name, f"items:{item}[] search_criteria:SearchCriteria total_count:int")


declare("CategoryLink", "Magento\\Catalog\\Api\\Data\\CategoryLinkInterface", "position:int? category_id:string")
declare(
    "StockItem",
    "Magento\\CatalogInventory\\Api\\Data\\StockItemInterface",
    "item_id:int? product_id:int? stock_id:int? qty:float is_in_stock:bool is_qty_decimal:bool show_default_notification_message:bool!"
    " use_config_min_qty:bool min_qty:float use_config_min_sale_qty:int min_sale_qty:float use_config_max_sale_qty:bool max_sale_qty:float"
    " use_config_backorders:bool backorders:int use_config_notify_stock_qty:bool notify_stock_qty:float use_config_qty_increments:bool"
    " qty_increments:float use_config_enable_qty_inc:bool enable_qty_increments:bool use_config_manage_stock:bool manage_stock:bool"
    " low_stock_date:string is_decimal_divided:bool stock_status_changed_auto:int",
)
declare(
    "ProductExtension",
    "Magento\\Catalog\\Api\\Data\\ProductExtensionInterface",
    "website_ids:int[]? category_links:CategoryLink[]? stock_item:StockItem?",
)
declare("ProductLinkExtension", "Magento\\Catalog\\Api\\Data\\ProductLinkExtensionInterface", "qty:float?")
declare(
    "ProductLink",
    "Magento\\Catalog\\Api\\Data\\ProductLinkInterface",
    "sku:string link_type:string linked_product_sku:string linked_product_type:string position:int extension_attributes:ProductLinkExtension?",
)
declare(
    "ProductOptionValue",
    "Magento\\Catalog\\Api\\Data\\ProductCustomOptionValuesInterface",
    "title:string sort_order:int price:float price_type:string sku:string? option_type_id:int?",
)
declare(
    "ProductOption",
    "Magento\\Catalog\\Api\\Data\\ProductCustomOptionInterface",
    "product_sku:string option_id:int? title:string type:string sort_order:int is_require:bool price:float? price_type:string? sku:string?"
    " file_extension:string? max_characters:int? image_size_x:int? image_size_y:int? values:ProductOptionValue[]?",
)
declare("ImageContent", "Magento\\Framework\\Api\\Data\\ImageContentInterface", "base64_encoded_data:string type:string name:string")
declare(
    "MediaGalleryEntry",
    "Magento\\Catalog\\Api\\Data\\ProductAttributeMediaGalleryEntryInterface",
    "id:int? media_type:string label:string position:int disabled:bool types:string[] file:string? content:ImageContent?",
)
declare("TierPriceExtension", "Magento\\Catalog\\Api\\Data\\ProductTierPriceExtensionInterface", "percentage_value:float? website_id:int?")
declare(
    "TierPrice",
    "Magento\\Catalog\\Api\\Data\\ProductTierPriceInterface",
    "customer_group_id:int qty:float value:float extension_attributes:TierPriceExtension?",
)
declare("CustomAttribute", "Magento\\Framework\\Api\\AttributeInterface", "attribute_code:string value:mixed")
declare(
    "Product",
    "Magento\\Catalog\\Api\\Data\\ProductInterface",
    "id:int? sku:string name:string? attribute_set_id:int? price:float? status:int? visibility:int? type_id:string? created_at:string?"
    " updated_at:string? weight:float? extension_attributes:ProductExtension? product_links:ProductLink[]? options:ProductOption[]?"
    " media_gallery_entries:MediaGalleryEntry[]? tier_prices:TierPrice[]? custom_attributes:CustomAttribute[]?",
)
declare_list("Product", "Magento\\Catalog\\Api\\Data\\ProductSearchResultsInterface")

declare("StoreLabel", "Magento\\Eav\\Api\\Data\\AttributeOptionLabelInterface", "store_id:int? label:string?")
declare(
    "AttributeOption",
    "Magento\\Eav\\Api\\Data\\AttributeOptionInterface",
    "label:string value:string sort_order:int? is_default:bool? store_labels:StoreLabel[]?",
)
declare("FrontendLabel", "Magento\\Eav\\Api\\Data\\AttributeFrontendLabelInterface", "store_id:int? label:string?")
declare("ValidationRule", "Magento\\Eav\\Api\\Data\\AttributeValidationRuleInterface", "key:string value:string")
declare(
    "Attribute",
    "Magento\\Catalog\\Api\\Data\\ProductAttributeInterface",
    "is_wysiwyg_enabled:bool? is_html_allowed_on_front:bool? used_for_sort_by:bool? is_filterable:bool? is_filterable_in_search:bool?"
    " is_used_in_grid:bool? is_visible_in_grid:bool? is_filterable_in_grid:bool? position:int? apply_to:string[]? is_searchable:string?"
    " is_visible_in_advanced_search:string? is_comparable:string? is_used_for_promo_rules:string? is_visible_on_front:string?"
    " used_in_product_listing:string? is_visible:bool? scope:string? attribute_id:int? attribute_code:string frontend_input:string"
    " entity_type_id:string is_required:bool options:AttributeOption[]? is_user_defined:bool? default_frontend_label:string?"
    " frontend_labels:FrontendLabel[] note:string? backend_type:string? backend_model:string? source_model:string? default_value:string?"
    " is_unique:string? frontend_class:string? validation_rules:ValidationRule[]?",
)
declare_list("Attribute", "Magento\\Catalog\\Api\\Data\\ProductAttributeSearchResultsInterface")
declare(
    "AttributeSet",
    "Magento\\Eav\\Api\\Data\\AttributeSetInterface",
    "attribute_set_id:int? attribute_set_name:string sort_order:int entity_type_id:int?",
)
declare(
    "AttributeGroupExtension",
    "Magento\\Eav\\Api\\Data\\AttributeGroupExtensionInterface",
    "attribute_group_code:string? sort_order:string?",
)
declare(
    "AttributeGroup",
    "Magento\\Eav\\Api\\Data\\AttributeGroupInterface",
    "attribute_group_id:string? attribute_group_name:string? attribute_set_id:int? extension_attributes:AttributeGroupExtension?",
)
declare_list("AttributeGroup", "Magento\\Eav\\Api\\Data\\AttributeGroupSearchResultsInterface")
declare_list("AttributeSet", "Magento\\Eav\\Api\\Data\\AttributeSetSearchResultsInterface")

declare(
    "Category",
    "Magento\\Catalog\\Api\\Data\\CategoryInterface",
    "id:int? parent_id:int? name:string? is_active:bool? position:int? level:int? children:string?! created_at:string? updated_at:string?"
    " path:string? available_sort_by:string[]? include_in_menu:bool? custom_attributes:CustomAttribute[]?",
)
declare_list("Category", "Magento\\Catalog\\Api\\Data\\CategorySearchResultsInterface")
declare(
    "CategoryTree",
    "Magento\\Catalog\\Api\\Data\\CategoryTreeInterface",
    "id:int? parent_id:int name:string is_active:bool position:int level:int product_count:int children_data:CategoryTree[]",
)

declare(
    "Page",
    "Magento\\Cms\\Api\\Data\\PageInterface",
    "id:int? identifier:string title:string? page_layout:string? meta_title:string? meta_keywords:string? meta_description:string?"
    " content_heading:string? content:string? creation_time:string? update_time:string? sort_order:string? layout_update_xml:string?"
    " custom_theme:string? custom_root_template:string? custom_layout_update_xml:string? custom_theme_from:string? custom_theme_to:string?"
    " active:bool?",
)
declare_list("Page", "Magento\\Cms\\Api\\Data\\PageSearchResultsInterface")
declare(
    "Block",
    "Magento\\Cms\\Api\\Data\\BlockInterface",
    "id:int? identifier:string title:string? content:string? creation_time:string? update_time:string? active:bool?",
)
declare_list("Block", "Magento\\Cms\\Api\\Data\\BlockSearchResultsInterface")

declare(
    "ItemStatus",
    "Magento\\AsynchronousOperations\\Api\\Data\\ItemStatusInterface",
    "id:int data_hash:string? status:string error_message:string? error_code:int?",
)
declare(
    "AsyncResponse",
    "Magento\\AsynchronousOperations\\Api\\Data\\AsyncResponseInterface",
    "bulk_uuid:string request_items:ItemStatus[] errors:bool",
)
declare(
    "OperationStatus",
    "Magento\\AsynchronousOperations\\Api\\Data\\SummaryOperationStatusInterface",
    "id:int status:int result_message:string error_code:int",
)
_STATUS = "user_type:int bulk_id:string description:string start_time:string user_id:int operation_count:int"
declare(
    "BulkStatus",
    "Magento\\AsynchronousOperations\\Api\\Data\\BulkOperationsStatusInterface",
    f"operations_list:OperationStatus[] {_STATUS}",
)
declare(
    "DetailedOperation",
    "Magento\\AsynchronousOperations\\Api\\Data\\DetailedOperationStatusInterface",
    "id:int topic_name:string serialized_data:string result_serialized_data:string status:int result_message:string error_code:int",
)
declare(
    "DetailedBulkStatus",
    "Magento\\AsynchronousOperations\\Api\\Data\\DetailedBulkOperationsStatusInterface",
    f"operations_list:DetailedOperation[] {_STATUS}",
)
declare(
    "Operation",
    "Magento\\AsynchronousOperations\\Api\\Data\\OperationInterface",
    "id:int bulk_uuid:string topic_name:string serialized_data:string result_serialized_data:string status:int result_message:string error_code:int",
)
declare_list("Operation", "Magento\\AsynchronousOperations\\Api\\Data\\OperationSearchResultsInterface")
