"""Write the generated parts of the documentation anew: `python -m tests.docs`."""

from __future__ import annotations

from tests.docs.generated import GENERATED

for file, renewed in GENERATED.items():
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(renewed(text), encoding="utf-8")
