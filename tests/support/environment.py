"""What the template gives every function of ours in its environment, with made-up values."""

FUNCTION_ENVIRONMENT = {
    "BULK_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/bulk",
    "DEPLOYMENT": "commerce-hooks/test",
    "EVENT_BUS_ARN": "arn:aws:events:eu-central-1:123456789012:event-bus/test",
    "KEY_RING_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:test",
    "KEY_RING_CACHE_SECONDS": "60",
    "MAX_INLINE_BYTES": "240000",
    "OUTBOX_DEAD_LETTERS_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/outbox-dead",
    "OUTBOX_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/outbox",
    "PAYLOAD_BUCKET": "payloads",
    "PERSONAL_DATA": "full",
    "PERSONAL_TOPICS": "",
    "SENSITIVE_RETENTION_DAYS": "5",
    "STATE_TABLE": "state",
}

# What it gives this function alone.
ENSURE_ENVIRONMENT = {
    "ENSURE_SUBSCRIPTIONS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/x.fifo",
    "API_URL": "https://abc123.execute-api.us-east-1.amazonaws.com",
    "FORMER_BASE_URLS": "https://former.example.com/api",
    "PUBLIC_BASE_URL": "https://hooks.example.com",
}
