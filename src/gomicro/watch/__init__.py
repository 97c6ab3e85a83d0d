"""What the service does, seen from outside its event loop."""
