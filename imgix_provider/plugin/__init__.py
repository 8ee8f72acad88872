"""The adapter to Pulumi's full plugin protocol, for programs in every language."""
