"""Import of an existing account: a program or configuration, and the state to go with it."""
