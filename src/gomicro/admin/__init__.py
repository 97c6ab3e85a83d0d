"""The admin listener's paths: health, metrics, what the service does, and its log level."""
