"""API Gateway: HTTP APIs (``aws_apigatewayv2_…``) and REST APIs (``aws_api_gateway_…``).

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/apigatewayv2_api
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/api_gateway_rest_api
"""

from __future__ import annotations

from collections.abc import Mapping

from homeport.project.terraform.catalog.kinds import EXECUTION_ARN, JsonDocument, Nested, ResourceKind, pascal

_CORS = pascal("allow_credentials", "allow_headers", "allow_methods", "allow_origins", "expose_headers", "max_age")
_LOGS = pascal("destination_arn", "format")
_INVOKE_URL = "https://{self.%s}.execute-api.{region}.amazonaws.com/{self.%s}"

HTTP_API_KINDS: Mapping[str, ResourceKind] = {
    "aws_apigatewayv2_api": ResourceKind(
        "AWS::ApiGatewayV2::Api",
        {
            **pascal("credentials_arn", "description", "disable_execute_api_endpoint", "name", "protocol_type"),
            **pascal("route_key", "route_selection_expression", "target", "version"),
            "body": JsonDocument("Body"),
            "cors_configuration": Nested("CorsConfiguration", _CORS),
        },
        {"api_endpoint": "{ApiEndpoint}", "execution_arn": f"{EXECUTION_ARN}{{Ref}}"},
        named_by="",
        protects=True,
    ),
    "aws_apigatewayv2_integration": ResourceKind(
        "AWS::ApiGatewayV2::Integration",
        {
            **pascal("api_id", "connection_id", "connection_type", "credentials_arn", "integration_method"),
            **pascal("integration_subtype", "integration_type", "integration_uri", "payload_format_version"),
            **pascal("request_parameters"),
            "timeout_milliseconds": "TimeoutInMillis",
            "tls_config": Nested("TlsConfig", pascal("server_name_to_verify")),
        },
        defaults={"PayloadFormatVersion": "1.0"},
        named_by="",
    ),
    "aws_apigatewayv2_route": ResourceKind(
        "AWS::ApiGatewayV2::Route",
        pascal(
            *("api_id", "api_key_required", "authorization_scopes", "authorization_type", "authorizer_id"),
            *("operation_name", "route_key", "target"),
        ),
        named_by="",
        protects=True,
    ),
    "aws_apigatewayv2_stage": ResourceKind(
        "AWS::ApiGatewayV2::Stage",
        {
            **pascal("api_id", "auto_deploy", "deployment_id", "stage_variables"),
            "name": "StageName",
            "access_log_settings": Nested("AccessLogSettings", _LOGS),
            "default_route_settings": Nested(
                "DefaultRouteSettings", pascal("throttling_burst_limit", "throttling_rate_limit")
            ),
        },
        {
            "invoke_url": _INVOKE_URL % ("api_id", "name"),
            "execution_arn": f"{EXECUTION_ARN}{{self.api_id}}/{{self.name}}",
        },
    ),
    "aws_apigatewayv2_authorizer": ResourceKind(
        "AWS::ApiGatewayV2::Authorizer",
        {
            **pascal("api_id", "authorizer_credentials_arn", "authorizer_payload_format_version"),
            **pascal("authorizer_result_ttl_in_seconds", "authorizer_type", "authorizer_uri"),
            **pascal("enable_simple_responses", "name"),
            "identity_sources": "IdentitySource",
            "jwt_configuration": Nested("JwtConfiguration", pascal("audience", "issuer")),
        },
        named_by="",
        protects=True,
    ),
    "aws_apigatewayv2_deployment": ResourceKind("AWS::ApiGatewayV2::Deployment", pascal("api_id"), named_by=""),
    "aws_apigatewayv2_api_mapping": ResourceKind(
        "AWS::ApiGatewayV2::ApiMapping", pascal("api_id", "api_mapping_key", "domain_name", "stage"), named_by=""
    ),
    "aws_apigatewayv2_domain_name": ResourceKind(
        "AWS::ApiGatewayV2::DomainName",
        {
            **pascal("domain_name"),
            "mutual_tls_authentication": Nested("MutualTlsAuthentication", pascal("truststore_uri")),
        },
        named_by="",
    ),
    "aws_apigatewayv2_vpc_link": ResourceKind("AWS::ApiGatewayV2::VpcLink", pascal("name")),
}

REST_API_KINDS: Mapping[str, ResourceKind] = {
    "aws_api_gateway_rest_api": ResourceKind(
        "AWS::ApiGateway::RestApi",
        {
            **pascal("binary_media_types", "description", "disable_execute_api_endpoint", "minimum_compression_size"),
            **pascal("name", "parameters"),
            "api_key_source": "ApiKeySourceType",
            "body": JsonDocument("Body"),
            "policy": JsonDocument("Policy"),
            "endpoint_configuration": Nested("EndpointConfiguration", pascal("types")),
        },
        {"root_resource_id": "{RootResourceId}", "execution_arn": f"{EXECUTION_ARN}{{Ref}}"},
        named_by="",
        protects=True,
    ),
    "aws_api_gateway_resource": ResourceKind(
        "AWS::ApiGateway::Resource", pascal("rest_api_id", "parent_id", "path_part"), named_by=""
    ),
    "aws_api_gateway_method": ResourceKind(
        "AWS::ApiGateway::Method",
        {
            **pascal("api_key_required", "authorization_scopes", "authorizer_id", "http_method", "operation_name"),
            **pascal("request_models", "request_parameters", "request_validator_id", "resource_id", "rest_api_id"),
            "authorization": "AuthorizationType",
        },
        named_by="",
        protects=True,
    ),
    "aws_api_gateway_deployment": ResourceKind(
        "AWS::ApiGateway::Deployment",
        pascal("rest_api_id", "stage_name"),
        {
            "invoke_url": _INVOKE_URL % ("rest_api_id", "stage_name"),
            "execution_arn": f"{EXECUTION_ARN}{{self.rest_api_id}}/{{self.stage_name}}",
        },
        named_by="",
    ),
    "aws_api_gateway_stage": ResourceKind(
        "AWS::ApiGateway::Stage",
        {
            **pascal("cache_cluster_enabled", "cache_cluster_size", "client_certificate_id", "deployment_id"),
            **pascal("rest_api_id", "stage_name", "variables"),
            "canary_settings": Nested(
                "CanarySetting",
                {"percent_traffic": "PercentTraffic", "stage_variable_overrides": "StageVariableOverrides"},
            ),
            "access_log_settings": Nested("AccessLogSetting", _LOGS),
        },
        {
            "invoke_url": _INVOKE_URL % ("rest_api_id", "stage_name"),
            "execution_arn": f"{EXECUTION_ARN}{{self.rest_api_id}}/{{self.stage_name}}",
            "arn": "arn:aws:apigateway:{region}::/restapis/{self.rest_api_id}/stages/{self.stage_name}",
        },
        named_by="stage_name",
    ),
    "aws_api_gateway_authorizer": ResourceKind(
        "AWS::ApiGateway::Authorizer",
        {
            **pascal("authorizer_credentials", "authorizer_result_ttl_in_seconds", "authorizer_uri"),
            **pascal("identity_source", "identity_validation_expression", "name", "rest_api_id", "type"),
            "provider_arns": "ProviderARNs",
        },
        defaults={"Type": "TOKEN", "IdentitySource": "method.request.header.Authorization"},
        named_by="",
        protects=True,
    ),
    "aws_api_gateway_api_key": ResourceKind(
        "AWS::ApiGateway::ApiKey", pascal("enabled", "name", "value"), defaults={"Enabled": True}, protects=True
    ),
    "aws_api_gateway_usage_plan": ResourceKind(
        "AWS::ApiGateway::UsagePlan",
        {
            "name": "UsagePlanName",
            "quota_settings": Nested("Quota", pascal("limit", "offset", "period")),
            "throttle_settings": Nested("Throttle", pascal("burst_limit", "rate_limit")),
        },
        named_by="",
        protects=True,
    ),
    "aws_api_gateway_usage_plan_key": ResourceKind(
        "AWS::ApiGateway::UsagePlanKey", pascal("key_id", "key_type", "usage_plan_id"), named_by="", protects=True
    ),
    "aws_api_gateway_model": ResourceKind(
        "AWS::ApiGateway::Model",
        {**pascal("content_type", "name", "rest_api_id"), "schema": JsonDocument("Schema")},
        protects=True,
    ),
    "aws_api_gateway_request_validator": ResourceKind(
        "AWS::ApiGateway::RequestValidator",
        pascal("name", "rest_api_id", "validate_request_body", "validate_request_parameters"),
        named_by="",
        protects=True,
    ),
    "aws_api_gateway_gateway_response": ResourceKind(
        "AWS::ApiGateway::GatewayResponse",
        pascal("response_parameters", "response_templates", "response_type", "rest_api_id", "status_code"),
        named_by="",
    ),
    "aws_api_gateway_domain_name": ResourceKind(
        "AWS::ApiGateway::DomainName",
        {
            **pascal("domain_name"),
            "mutual_tls_authentication": Nested("MutualTlsAuthentication", pascal("truststore_uri")),
        },
        {
            "cloudfront_domain_name": "{DistributionDomainName}",
            "cloudfront_zone_id": "{DistributionHostedZoneId}",
            "regional_domain_name": "{RegionalDomainName}",
            "regional_zone_id": "{RegionalHostedZoneId}",
        },
        named_by="",
    ),
    "aws_api_gateway_base_path_mapping": ResourceKind(
        "AWS::ApiGateway::BasePathMapping",
        {**pascal("base_path", "domain_name"), "api_id": "RestApiId", "stage_name": "Stage"},
        named_by="",
    ),
    "aws_api_gateway_vpc_link": ResourceKind("AWS::ApiGateway::VpcLink", pascal("name")),
    "aws_wafv2_web_acl_association": ResourceKind("AWS::WAFv2::WebACLAssociation", pascal("resource_arn"), named_by=""),
    "aws_wafregional_web_acl_association": ResourceKind(
        "AWS::WAFRegional::WebACLAssociation", pascal("resource_arn"), named_by=""
    ),
}
