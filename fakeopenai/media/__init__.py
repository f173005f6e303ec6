"""Pictures, sounds and films made from nothing but the words that asked for them. Pure; the same bytes everywhere."""
