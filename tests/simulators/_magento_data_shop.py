# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data interfaces of customers, tax, sales rules, inventory, stores and two-factor authentication."""

from __future__ import annotations

from ._magento_data_catalog import declare_list
from ._magento_types import declare

declare("CustomerExtension", "Magento\\Customer\\Api\\Data\\CustomerExtensionInterface", "assistance_allowed:int? is_subscribed:bool?")
declare("Region", "Magento\\Customer\\Api\\Data\\RegionInterface", "region_code:string region:string region_id:int")
declare(
    "Address",
    "Magento\\Customer\\Api\\Data\\AddressInterface",
    "id:int? customer_id:int? region:Region? region_id:int? country_id:string? street:string[]? company:string? telephone:string? fax:string?"
    " postcode:string? city:string? firstname:string? lastname:string? middlename:string? prefix:string? suffix:string? vat_id:string?"
    " default_shipping:bool? default_billing:bool?",
)
declare(
    "Customer",
    "Magento\\Customer\\Api\\Data\\CustomerInterface",
    "id:int? group_id:int? default_billing:string? default_shipping:string? confirmation:string? created_at:string? updated_at:string?"
    " created_in:string? dob:string? email:string firstname:string lastname:string middlename:string? prefix:string? suffix:string? gender:int?"
    " store_id:int? taxvat:string? website_id:int? addresses:Address[]? disable_auto_group_change:int? extension_attributes:CustomerExtension?"
    " custom_attributes:CustomAttribute[]?",
)
declare_list("Customer", "Magento\\Customer\\Api\\Data\\CustomerSearchResultsInterface")
declare("Group", "Magento\\Customer\\Api\\Data\\GroupInterface", "id:int? code:string tax_class_id:int tax_class_name:string?")
declare_list("Group", "Magento\\Customer\\Api\\Data\\GroupSearchResultsInterface")

declare("TaxClass", "Magento\\Tax\\Api\\Data\\TaxClassInterface", "class_id:int? class_name:string class_type:string")
declare_list("TaxClass", "Magento\\Tax\\Api\\Data\\TaxClassSearchResultsInterface")
declare("TaxRateTitle", "Magento\\Tax\\Api\\Data\\TaxRateTitleInterface", "store_id:string value:string")
declare(
    "TaxRate",
    "Magento\\Tax\\Api\\Data\\TaxRateInterface",
    "id:int? tax_country_id:string tax_region_id:int? region_name:string? tax_postcode:string? zip_is_range:int? zip_from:int? zip_to:int?"
    " rate:float code:string titles:TaxRateTitle[]?",
)
declare_list("TaxRate", "Magento\\Tax\\Api\\Data\\TaxRateSearchResultsInterface")
declare(
    "TaxRule",
    "Magento\\Tax\\Api\\Data\\TaxRuleInterface",
    "id:int? code:string priority:int position:int customer_tax_class_ids:int[] product_tax_class_ids:int[] tax_rate_ids:int[] calculate_subtotal:bool?",
)
declare_list("TaxRule", "Magento\\Tax\\Api\\Data\\TaxRuleSearchResultsInterface")

declare("RuleLabel", "Magento\\SalesRule\\Api\\Data\\RuleLabelInterface", "store_id:int store_label:string")
declare(
    "RuleCondition",
    "Magento\\SalesRule\\Api\\Data\\ConditionInterface",
    "condition_type:string conditions:RuleCondition[]? aggregator_type:string? operator:string attribute_name:string? value:mixed",
)
declare(
    "SalesRule",
    "Magento\\SalesRule\\Api\\Data\\RuleInterface",
    "rule_id:int? name:string? store_labels:RuleLabel[]? description:string? website_ids:int[] customer_group_ids:int[] from_date:string?"
    " to_date:string? uses_per_customer:int is_active:bool condition:RuleCondition? action_condition:RuleCondition? stop_rules_processing:bool"
    " is_advanced:bool product_ids:int[]? sort_order:int simple_action:string? discount_amount:float discount_qty:float? discount_step:int"
    " apply_to_shipping:bool times_used:int is_rss:bool coupon_type:string use_auto_generation:bool uses_per_coupon:int"
    " simple_free_shipping:string?",
)
declare_list("SalesRule", "Magento\\SalesRule\\Api\\Data\\RuleSearchResultInterface")
declare(
    "Coupon",
    "Magento\\SalesRule\\Api\\Data\\CouponInterface",
    "coupon_id:int? rule_id:int code:string? usage_limit:int? usage_per_customer:int? times_used:int expiration_date:string? is_primary:bool"
    " created_at:string? type:int?",
)
declare_list("Coupon", "Magento\\SalesRule\\Api\\Data\\CouponSearchResultInterface")

declare("SourceCarrierLink", "Magento\\InventoryApi\\Api\\Data\\SourceCarrierLinkInterface", "carrier_code:string? position:int?")
declare(
    "SourceExtension",
    "Magento\\InventoryApi\\Api\\Data\\SourceExtensionInterface",
    "is_pickup_location_active:bool? frontend_name:string? frontend_description:string?",
)
declare(
    "Source",
    "Magento\\InventoryApi\\Api\\Data\\SourceInterface",
    "source_code:string? name:string? email:string? contact_name:string? enabled:bool? description:string? latitude:float? longitude:float?"
    " country_id:string? region_id:int? region:string? city:string? street:string? postcode:string? phone:string? fax:string?"
    " use_default_carrier_config:bool? carrier_links:SourceCarrierLink[]? extension_attributes:SourceExtension?",
)
declare_list("Source", "Magento\\InventoryApi\\Api\\Data\\SourceSearchResultsInterface")
declare("SalesChannel", "Magento\\InventorySalesApi\\Api\\Data\\SalesChannelInterface", "type:string? code:string?")
declare("StockExtension", "Magento\\InventoryApi\\Api\\Data\\StockExtensionInterface", "sales_channels:SalesChannel[]?")
declare("Stock", "Magento\\InventoryApi\\Api\\Data\\StockInterface", "stock_id:int? name:string? extension_attributes:StockExtension?")
declare_list("Stock", "Magento\\InventoryApi\\Api\\Data\\StockSearchResultsInterface")
declare("SourceItem", "Magento\\InventoryApi\\Api\\Data\\SourceItemInterface", "sku:string? source_code:string? quantity:float? status:int?")
declare_list("SourceItem", "Magento\\InventoryApi\\Api\\Data\\SourceItemSearchResultsInterface")
declare("StockSourceLink", "Magento\\InventoryApi\\Api\\Data\\StockSourceLinkInterface", "stock_id:int? source_code:string? priority:int?")
declare_list("StockSourceLink", "Magento\\InventoryApi\\Api\\Data\\StockSourceLinkSearchResultsInterface")

declare("Website", "Magento\\Store\\Api\\Data\\WebsiteInterface", "id:int code:string name:string default_group_id:int")
declare(
    "StoreView",
    "Magento\\Store\\Api\\Data\\StoreInterface",
    "id:int code:string name:string website_id:int store_group_id:int is_active:int",
)
declare(
    "StoreGroup",
    "Magento\\Store\\Api\\Data\\GroupInterface",
    "id:int website_id:int root_category_id:int default_store_id:int name:string code:string",
)
_URLS = " ".join(f"{prefix}base_{kind}url:string" for prefix in ("", "secure_") for kind in ("", "link_", "static_", "media_"))
declare(
    "StoreConfig",
    "Magento\\Store\\Api\\Data\\StoreConfigInterface",
    "id:int code:string website_id:int locale:string base_currency_code:string default_display_currency_code:string timezone:string"
    f" weight_unit:string {_URLS}",
)
declare("ExchangeRate", "Magento\\Directory\\Api\\Data\\ExchangeRateInterface", "currency_to:string rate:float")
declare(
    "CurrencyInformation",
    "Magento\\Directory\\Api\\Data\\CurrencyInformationInterface",
    "base_currency_code:string base_currency_symbol:string default_display_currency_code:string default_display_currency_symbol:string"
    " available_currency_codes:string[] exchange_rates:ExchangeRate[]",
)
declare("RegionInformation", "Magento\\Directory\\Api\\Data\\RegionInformationInterface", "id:string code:string name:string")
declare(
    "CountryInformation",
    "Magento\\Directory\\Api\\Data\\CountryInformationInterface",
    "id:string two_letter_abbreviation:string three_letter_abbreviation:string full_name_locale:string full_name_english:string"
    " available_regions:RegionInformation[]?",
)

declare("TwoFactorEngine", "Magento\\TwoFactorAuth\\Api\\EngineInterface", "enabled:bool")
declare(
    "TwoFactorProvider",
    "Magento\\TwoFactorAuth\\Api\\ProviderInterface",
    "enabled:bool engine:TwoFactorEngine code:string name:string icon:string reset_allowed:bool configure_action:string auth_action:string"
    " extra_actions:string[]",
)
declare("GoogleConfiguration", "Magento\\TwoFactorAuth\\Api\\Data\\GoogleConfigureInterface", "qr_code_base64:string secret_code:string")
