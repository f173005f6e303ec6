"""The contract: what any server of this API has to keep, and how far this one agrees with the recorded API."""
