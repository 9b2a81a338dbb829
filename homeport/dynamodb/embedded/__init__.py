"""The embedded DynamoDB, in a process of its own: ministack's DynamoDB behind a write journal.

``server`` and ``http_connection`` (HTTP) → ``database`` (decides and orders) → ``data_directory`` (files) and
``service`` (ministack, with ``validation`` and ``expressions`` in its place where AWS says otherwise) → ``storage``
(items in SQLite). The other modules have a feature each: ``streams`` has stream records and the time to live,
``consistency`` reads that lag behind, ``throttling`` and ``capacity`` have capacity units. Modules here import the
standard library, ministack and each other, nothing of the kit. Read ``database`` first.
"""

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
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
