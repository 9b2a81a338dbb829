"""The events of a service that are no routes, as the resources that invoke its functions, and those that are not run.

https://www.serverless.com/framework/docs/providers/aws/guide/events
"""
