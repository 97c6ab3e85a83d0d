"""A service's life: it starts, listens, leaves service, drains and stops."""
