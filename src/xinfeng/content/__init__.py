"""Content: signatures, templates and their versions, rendering, parts and cost.

Owns: signature, template, template_version. Always holds: a version never changes once made; every marketing
text carries a signature in front and an opt-out wording at its end; a text is one line `【signature】value action
opt-out` in which only the signature has 【】; a version that was saved renders for every contact, within
`grammar.LONGEST_TEXT`.

Where: `variables` the catalogue · `values` making and cleaning values · `filters`, `grammar` what Liquid may
say · `rendering` the text · `parts` lengths and cost · `optout`, `checks` what a wording must have · `sources`
values of many contacts · `preview` as on a phone · `actions`, `reads`.
"""
