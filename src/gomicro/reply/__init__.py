"""What a handler answers with, as Go's ResponseWriter would send it."""
