"""The actions of DynamoDB's API that only read. The kit imports this table as well: it has no imports of its own.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
"""

ITEM_READ_ACTIONS = frozenset(("BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"))
"""The actions that read items, and nothing else."""

READ_ACTIONS = ITEM_READ_ACTIONS | {
    *("DescribeBackup", "DescribeContinuousBackups", "DescribeContributorInsights", "DescribeEndpoints"),
    *("DescribeExport", "DescribeGlobalTable", "DescribeGlobalTableSettings", "DescribeImport", "DescribeLimits"),
    *("DescribeKinesisStreamingDestination", "DescribeTable", "DescribeTableReplicaAutoScaling"),
    *("DescribeTimeToLive", "GetResourcePolicy", "ListBackups", "ListContributorInsights", "ListExports"),
    *("ListGlobalTables", "ListImports", "ListTables", "ListTagsOfResource", "SearchVectors"),
}
"""The actions that change nothing, so that a journal of writes can leave them out."""
