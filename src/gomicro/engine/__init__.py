"""Where the engine was in release 0.1. Gone with 0.3."""
