"""imgix's Management API over HTTP, independent of Pulumi."""
