"""What is counted while the service runs, and what is told of it as metrics."""
