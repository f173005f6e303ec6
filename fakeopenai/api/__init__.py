"""One module per family of endpoints. This list is the whole registry."""
