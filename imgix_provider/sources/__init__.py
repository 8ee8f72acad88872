"""What happens to a source: check, diff, create, read, update, delete. Plain Python."""
