"""Content: signatures, templates and their versions, rendering, parts and cost.

Owns: signature, template, template_version. Always holds: a version never changes once made; every marketing
text carries a signature in front and an opt-out wording at its end.
"""
