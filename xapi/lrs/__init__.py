"""The store's HTTP door."""
