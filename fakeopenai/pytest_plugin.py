"""The pytest plugin: a server per session, a fresh world per test."""
