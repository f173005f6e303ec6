"""What the pytest plugin brings beside a world: assertions, snapshots, the guard of the network, reports."""
