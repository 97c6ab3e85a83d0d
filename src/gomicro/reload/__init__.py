"""--reload: a fleet of one worker, which is replaced when its code changes."""
