"""The private names of ministack that the engine calls or replaces, with the parameters that it relies on.

A newer ministack that has one no longer, or with other parameters, fails here first.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from homeport.dynamodb.engine import engine_packages
from homeport.environment import read_environment

pytestmark = pytest.mark.stack

ACTIONS = (
    *("_get_item", "_put_item", "_update_item", "_delete_item", "_query", "_scan", "_batch_get_item"),
    *("_batch_write_item", "_transact_get_items", "_transact_write_items", "_execute_statement"),
    *("_batch_execute_statement", "_execute_transaction", "_create_table", "_update_table", "_list_tables"),
    *("_update_ttl", "_describe_continuous_backups", "_update_continuous_backups", "_create_backup"),
    *("_restore_table_from_backup", "_restore_table_to_point_in_time"),
    *("_list_backups", "_delete_table", "_tag_resource", "_list_tags", "_put_resource_policy"),
    *("_delete_resource_policy", "_update_contributor_insights", "_list_contributor_insights"),
)
FUNCTIONS = {
    **{action: ["data"] for action in ACTIONS},
    "_accumulate_write_capacity": ["cap", "table", "old_item", "new_item"],
    "_add_consumed_capacity": ["result", "data", "table_name", "write", "old_item", "new_item", "index_name"],
    "_add_item_collection_metrics": ["result", "data", "table", "item", "key"],
    "_apply_attribute_updates": ["item", "attribute_updates"],
    "_apply_exclusive_start_key_scan": ["all_items", "esk", "table"],
    "_apply_exclusive_start_key": ["candidates", "esk", "pk_name", "sk_name", "scan_forward", "table"],
    "_apply_index_projection": ["item", "table", "index_name"],
    "_apply_update_expression": ["item", "expr", "attr_values", "attr_names", "updated_attrs"],
    "_build_change_record": ["table", "event_name", "old_item", "new_item", "view_type"],
    "_ci_key": ["table_name", "index_name"],
    "_table_name_from_arn": ["arn"],
    "_check_legacy_comparison": ["item_val", "op", "attr_vals"],
    "_check_per_op_param_enums": ["data", "rv_allowed", "first_only"],
    "_diff_attributes": ["old_item", "new_item", "updated_attrs", "return_old"],
    "_duplicate_set_message": ["vtype", "members"],
    "_evaluate_condition": ["expr", "item", "attr_values", "attr_names", "slot"],
    "_evaluate_expected": ["item", "expected", "conditional_operator"],
    "_evaluate_legacy_filter": ["item", "scan_filter"],
    "_expected_error": ["expected"],
    "_expression_size_error": ["data", "expression_fields", "wording"],
    "_extract_key_val": ["attr"],
    "_get_item_by_key": ["table", "key"],
    "_index_members": ["table"],
    "_index_order_keys": ["table", "sk_name"],
    "_item_size_bytes": ["item"],
    "_normalize_table_name": ["value"],
    "_emit_stream_event": ["table_name", "event_name", "old_item", "new_item", "replicate"],
    "_paginate_evaluated_items": ["items", "limit", "table", "index_name"],
    "_parse_partiql": ["statement", "parameters"],
    "_partiql_delete": ["table", "parsed", "data"],
    "_partiql_insert": ["table", "parsed"],
    "_partiql_key_target": ["table", "parsed"],
    "_partiql_select": ["table", "parsed"],
    "_partiql_update": ["table", "parsed", "data"],
    "_pq_call": ["name", "args", "nodes"],
    "_project_item": ["item", "proj_expr", "attr_names"],
    "_projection_overlap_response": ["data"],
    "_remove_item": ["table", "pk_val", "sk_val"],
    "_request_values": ["data"],
    "_resolve_table_key_values": ["table", "attrs", "allow_extra"],
    "_set_item": ["table", "pk_val", "sk_val", "item"],
    "_single_write_request_error": ["data"],
    "_transact_validation_cancel_response": ["total", "val_reasons"],
    "_transact_cancel_response": ["total", "failures", "val_reasons"],
    "_update_counts": ["table"],
    "_validate_data_plane_table_name": ["name"],
    "_validate_expression_attrs": ["data", "expression_fields", "size_wording"],
    "_validate_index_key_values": ["table", "item", "update_expr"],
    "_validate_projection_expression_syntax": ["expr"],
    "_values_error_response": ["values", "envelope"],
    "error_response_json": ["code", "message", "status", "extra", "message_key", "content_type"],
    "handle_request": ["method", "path", "headers", "body", "query_params"],
    "json_response": ["data", "status", "content_type"],
}
VALUES = (
    "_backups",
    "_closed_streams",
    "_contributor_insights",
    "_resource_policies",
    "_tags",
    "_pitr_settings",
    "_stream_records",
    "_stream_seq_counter",
    "_tables",
    "_ttl_settings",
    "_txn_token_sweep_at",
    "new_uuid",
    "now_iso",
    "time",
)
SCRIPT = """
import inspect, json, threading
threading.Thread.start = lambda self: None
import ministack.services.dynamodb as module
functions, values = json.loads(input())
found = {name: list(inspect.signature(getattr(module, name)).parameters) for name in functions if hasattr(module, name)}
print(json.dumps([found, [name for name in values if hasattr(module, name)]]))
"""


def test_ministack_has_every_name_that_is_used() -> None:
    packages = engine_packages(read_environment().cache_dir, print)
    asked = json.dumps([list(FUNCTIONS), VALUES])
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=asked, capture_output=True, text=True, env={"PYTHONPATH": str(packages)}
    )
    functions, values = json.loads(run.stdout)
    assert functions == FUNCTIONS
    assert tuple(values) == VALUES
