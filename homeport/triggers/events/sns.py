"""Events of SNS topics.

https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def sns_event(notification: Mapping[str, Any], subscription_arn: str) -> dict[str, Any]:
    """Return the event of a notification, as SNS writes it for queues and HTTP endpoints: one record.

    Lambda's members have other names: ``SigningCertUrl`` for ``SigningCertURL``, and ``Subject`` is always there.
    """
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription_arn,
                "Sns": {
                    "Type": "Notification",
                    "MessageId": notification["MessageId"],
                    "TopicArn": notification["TopicArn"],
                    "Subject": notification.get("Subject"),
                    "Message": notification["Message"],
                    "Timestamp": notification["Timestamp"],
                    "SignatureVersion": notification.get("SignatureVersion", "1"),
                    "Signature": notification.get("Signature", ""),
                    "SigningCertUrl": notification.get("SigningCertURL", ""),
                    "UnsubscribeUrl": notification.get("UnsubscribeURL", ""),
                    "MessageAttributes": dict(notification.get("MessageAttributes") or {}),
                },
            }
        ]
    }
