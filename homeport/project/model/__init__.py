"""The project as frozen values: the API of openapi.yaml, the tables of deploy/resources.yaml, a stage of stages.yaml.

Everything outside ``homeport.project`` works with these classes; no other room handles raw YAML. Read ``operations.py``
first, then ``api.py`` and ``stage.py``.
"""

from homeport.project.model.api import (
    Api,
    Authorizer,
    GatewayResponse,
)
from homeport.project.model.functions import (
    EsbuildOptions,
    Function,
    FunctionCode,
    FunctionSettings,
    effective_settings,
)
from homeport.project.model.operations import (
    ANY_METHOD,
    Operation,
    Parameter,
    RequestBody,
    RequestValidator,
    Schema,
    Security,
)
from homeport.project.model.resources import (
    ExistingTable,
    Resources,
    ServiceResource,
    Table,
    TableSeed,
)
from homeport.project.model.source import (
    Source,
)
from homeport.project.model.stage import (
    LOCAL_ACCOUNT,
    ApiKey,
    Canary,
    Flavor,
    IamCaller,
    Quota,
    Stage,
    StageAuth,
    Throttle,
    UsagePlan,
    physical_name,
)

__all__ = [
    "ANY_METHOD",
    "LOCAL_ACCOUNT",
    "Api",
    "ApiKey",
    "Authorizer",
    "Canary",
    "EsbuildOptions",
    "ExistingTable",
    "Flavor",
    "Function",
    "FunctionCode",
    "FunctionSettings",
    "GatewayResponse",
    "IamCaller",
    "Operation",
    "Parameter",
    "Quota",
    "RequestBody",
    "RequestValidator",
    "Resources",
    "Schema",
    "Security",
    "ServiceResource",
    "Source",
    "Stage",
    "StageAuth",
    "Table",
    "TableSeed",
    "Throttle",
    "UsagePlan",
    "effective_settings",
    "physical_name",
]
