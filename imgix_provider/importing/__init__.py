"""An existing account as a program or configuration, with the state that manages it."""
