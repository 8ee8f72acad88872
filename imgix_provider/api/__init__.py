"""The Management API of imgix over HTTP: calls and data apart, nothing of Pulumi."""
