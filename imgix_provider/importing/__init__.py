"""Imports an existing account: writes a program or configuration, and the matching state."""
